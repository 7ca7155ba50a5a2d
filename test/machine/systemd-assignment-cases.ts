/**
 * Assignments, at least one for each way in which a value is read. `systemd-run -p` is the judge of what they mean. Those
 * of `BEYOND_SYSTEMD_RUN` the systemd-run of 257 refuses although its systemd has them; with the line that `systemctl
 * show` prints then.
 */
export const LIKE_SYSTEMD_RUN: readonly string[] = [
  // cgroup
  'DevicePolicy=closed', 'Slice=other.slice', 'CPUAccounting=yes', 'MemoryZSwapWriteback=no', 'CPUWeight=idle', 'CPUWeight=77',
  'CPUWeight=', 'IOWeight=500', 'AllowedCPUs=0-1', 'AllowedCPUs=1', 'AllowedCPUs=0,1', 'AllowedMemoryNodes=0', 'Delegate=yes',
  'Delegate=cpu memory', 'DelegateSubgroup=sub', 'DisableControllers=cpu io', 'MemoryMax=1G', 'MemoryMax=1.5G',
  'MemoryMax=512M', 'MemoryMax=25%', 'MemoryMax=12.34%', 'MemoryMax=infinity', 'MemoryMax=', 'MemoryMax=123456789', 'MemoryHigh=1T',
  'MemoryLow=10M', 'MemoryMin=1%', 'MemorySwapMax=0', 'MemoryZSwapMax=1M', 'TasksMax=50', 'TasksMax=10%',
  'TasksMax=infinity', 'CPUQuota=20%', 'CPUQuota=150.5%', 'CPUQuota=', 'CPUQuotaPeriodSec=10ms', 'DeviceAllow=/dev/null rw',
  'DeviceAllow=char-pts', 'DeviceAllow=', 'IOReadBandwidthMax=/var 5M', 'IOWriteIOPSMax=/var 1K', 'IODeviceWeight=/var 200',
  'IODeviceLatencyTargetSec=/var 20ms', 'IPAddressAllow=localhost', 'IPAddressAllow=any', 'IPAddressDeny=link-local',
  'IPAddressDeny=multicast', 'IPAddressAllow=10.0.0.0/8 192.168.1.1', 'IPAddressAllow=2001:db8::1/64 ::ffff:1.2.3.4', 'IPAddressDeny=',
  'SocketBindAllow=ipv4:tcp:80', 'SocketBindDeny=any', 'SocketBindAllow=udp:1000-2000', 'SocketBindAllow=ipv6:443',
  'ManagedOOMSwap=kill', 'ManagedOOMMemoryPressure=kill', 'ManagedOOMMemoryPressureLimit=30%', 'ManagedOOMPreference=avoid',
  'MemoryPressureWatch=off', 'MemoryPressureThresholdSec=300ms', 'CoredumpReceive=yes', 'NFTSet=cgroup:inet:filter:allowed',
  'ManagedOOMMemoryPressureDurationSec=20s', 'IPEgressFilterPath=/sys/fs/bpf/x', 'BPFProgram=egress:/sys/fs/bpf/x',
  // execution
  'User=nobody', 'Group=nogroup', 'WorkingDirectory=/tmp', 'WorkingDirectory=-/nowhere', 'WorkingDirectory=~', 'SyslogIdentifier=me',
  'ProtectSystem=strict', 'ProtectHome=read-only', 'PrivateTmp=yes', 
  'PrivatePIDs=yes', 'NoNewPrivileges=yes', 'MemoryDenyWriteExecute=on', 'ReadWritePaths=/tmp "-/a b"',
  'ExecSearchPath=/bin /usr/bin', 'SupplementaryGroups=tty disk', 'SystemCallArchitectures=native', 'SyslogLevel=debug',
  'LogLevelMax=3', 'SyslogFacility=local3', 'SecureBits=keep-caps noroot', 'CPUSchedulingPolicy=batch', 'OOMScoreAdjust=-5', 'Nice=5',
  'CoredumpFilter=private-anonymous 0x33', 'CoredumpFilter=default', 'CoredumpFilter=all', 'SystemCallErrorNumber=EPERM',
  'SystemCallErrorNumber=kill', 'IOSchedulingClass=best-effort', 'IOSchedulingPriority=3', 'UMask=0027', 'UMask=77',
  'StateDirectoryMode=0700', 'TimerSlackNSec=1ms', 'TimerSlackNSec=5', 'LogRateLimitIntervalSec=5s', 'LogRateLimitBurst=7', 'TTYRows=24',
  'MountFlags=slave', 'Environment=A=1 "B=2 3" C=\\x41\\tb', 'Environment=', "Environment='X=a b'", 'PassEnvironment=HOME PATH',
  'UnsetEnvironment=LANG', 'EnvironmentFile=-/etc/none', 'SetCredential=a:b\\x20c', 'SetCredentialEncrypted=a:aGVsbG8=',
  'LoadCredential=a:/etc/hostname', 'LoadCredential=solo', 'ImportCredential=a.*', 'LogExtraFields=MY_FIELD=a b',
  'LogFilterPatterns=~foo', 'LogFilterPatterns=foo.*bar', 'StandardInput=null', 'StandardOutput=file:/tmp/out',
  'StandardOutput=append:/tmp/out', 'StandardError=truncate:/tmp/err', 'StandardInputData=aGVsbG8=',
  'LimitNOFILE=1024:2048', 'LimitNOFILE=4096', 'LimitNOFILE=infinity', 'LimitCORE=1G', 'LimitCPU=1min 30s', 'LimitRTTIME=1s', 'LimitNICE=+5',
  'LimitNICE=15', 'LimitMEMLOCK=64K:infinity', 'AppArmorProfile=-none', 'SmackProcessLabel=-x',
  'CapabilityBoundingSet=CAP_CHOWN cap_kill', 'CapabilityBoundingSet=~CAP_SYS_ADMIN', 'CapabilityBoundingSet=', 'AmbientCapabilities=CAP_NET_RAW',
  'CPUAffinity=0-1', 'CPUAffinity=numa', 'NUMAPolicy=bind', 'NUMAMask=0', 'RestrictAddressFamilies=AF_INET AF_UNIX',
  'RestrictAddressFamilies=~AF_PACKET', 'RestrictFileSystems=ext4', 'SystemCallFilter=@system-service', 'SystemCallFilter=~@mount:EPERM kexec_load',
  'SystemCallLog=openat', 'RestrictNetworkInterfaces=lo', 'RestrictNamespaces=yes', 'RestrictNamespaces=~user net',
  'RestrictNamespaces=pid', 'BindPaths=/tmp:/mnt /var', 'BindPaths=-/nope:/mnt:norbind', 'BindReadOnlyPaths="/tmp:/srv"',
  'TemporaryFileSystem=/mnt:ro,size=10M /srv', 'RootHash=/x.roothash', 'RootHash=000102030405060708090a0b0c0d0e0f',
  'RootHashSignature=base64:aGVsbG8=', 'RootImageOptions=root:ro,dev home:nosuid', 'MountImages=-/img.raw:/mnt:root:ro', 'ExtensionImages=-/ext.raw',
  'StateDirectory=a b', 'RuntimeDirectory=a:link', 'CacheDirectory=x y:z', 'ConfigurationDirectory=conf',
  'RuntimeDirectoryPreserve=restart', 'Personality=x86', 'KeyringMode=private', 'ProtectProc=invisible', 'ProcSubset=pid', 'UtmpMode=user',
  'SetLoginEnvironment=no', 'RootEphemeral=yes', 'MemoryKSM=yes', 'BindLogSockets=no',
  'RootImagePolicy=root=verity', 'ProtectHostname=yes', 'DynamicUser=yes',
  // service and kill
  'KillMode=mixed', 'KillSignal=SIGINT', 'KillSignal=9', 'KillSignal=RTMIN+3', 'FinalKillSignal=SIGQUIT', 'SendSIGHUP=yes', 'Restart=on-failure',
  'RestartMode=direct', 'RestartSec=100ms', 'RestartSteps=5', 'RestartMaxDelaySec=1min', 'TimeoutStopSec=10', 'TimeoutStopSec=1min 30s',
  'TimeoutSec=20', 'TimeoutStartSec=infinity', 'RuntimeMaxSec=1h', 'WatchdogSec=1.5s', 'OOMPolicy=continue', 'FileDescriptorStoreMax=8',
  'FileDescriptorStorePreserve=yes', 'SuccessExitStatus=143 TEMPFAIL SIGTERM', 'RestartPreventExitStatus=1 255', 'RestartForceExitStatus=SIGABRT',
  'ReloadSignal=SIGUSR1', 'PIDFile=/run/x.pid', 'NotifyAccess=all', 'OpenFile=/etc/hostname:host:read-only', 'OpenFile=/etc/hosts',
  'GuessMainPID=no', 'ExecStartPre=-/bin/echo "a b" c', 'ExecStopPost=+:/bin/sh -c "echo $X"', 'ExecStartPost=@/bin/sh mysh -c true',
  'ExecReload=!!/bin/true', 'TimeoutStartFailureMode=kill',
  // unit
  'Description=some words', 'Documentation=man:foo(1) https://x.example', 'After=local-fs.target network.target', 'Wants=foo.target', 'BindsTo=basic.target',
  'PartOf=berth.slice', 'OnFailure=x.service', 'RequiresMountsFor=/tmp', 'WantsMountsFor=/var', 'StartLimitIntervalSec=10s',
  'StartLimitBurst=3', 'StartLimitAction=none', 'CollectMode=inactive-or-failed', 'ConditionPathExists=|!/x',
  'ConditionPathExists=/', 'AssertPathExists=/', 'ConditionMemory=>1M', 'SuccessActionExitStatus=7', 'FailureActionExitStatus=', 'DefaultDependencies=no',
  'StopWhenUnneeded=no', 'JoinsNamespaceOf=x.service', 'SurviveFinalKillSignal=yes',
]; // prettier-ignore

export const BEYOND_SYSTEMD_RUN: readonly (readonly [string, string])[] = [
  ['StartupMemoryMax=2G', 'StartupMemoryMax=2147483648'],
  ['PrivateTmp=disconnected', 'PrivateTmpEx=disconnected'],
  ['PrivateUsers=identity', 'PrivateUsersEx=identity'],
  ['ProtectControlGroups=private', 'ProtectControlGroupsEx=private'],
  ['StandardInputText=a\\nb', 'StandardInputData=YQpiCg=='],
  ['OnSuccessJobMode=replace', 'OnSuccessJobMode=replace'],
];

export const REFUSED: readonly string[] = [
  'MemoryMax=1Q', 'MemoryMax=-1', 'MemoryMax=101%', 'CPUQuota=0%', 'CPUQuota=20', 'CPUWeight=0', 'CPUWeight=10001', 'TasksMax=x', 'CPUAccounting=maybe',
  'AllowedCPUs=x', 'AllowedCPUs=3-1', 'IPAddressAllow=1.2.3', 'IPAddressAllow=1.2.3.4/33', 'IOReadBandwidthMax=/var', 'SocketBindAllow=tcp:99999',
  'Environment="A=1', 'Environment=\\q', 'UMask=9', 'Nice=20', 'OOMScoreAdjust=x', 'LimitNOFILE=a:b', 'KillSignal=SIGFOO', 'SuccessExitStatus=256 x',
  'RestartSec=5 parsecs', 'RestartSec=', 'SyslogLevel=loud', 'CapabilityBoundingSet=CAP_FLY', 'RestrictNamespaces=moon', 'BindPaths=/a:/b:/c:d',
  'StandardInputData=***', 'RootHash=abcd', 'CPUSchedulingPolicy=best', 'SystemCallErrorNumber=ENOSUCH',
]; // prettier-ignore

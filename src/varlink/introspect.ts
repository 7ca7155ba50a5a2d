import type { InterfaceDefinition } from './types.ts';
import type { Service } from './service.ts';

/** What a service says of itself; all of it is shown by `varlinkctl info`, which insists on each. */
export interface ServiceInfo {
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly url: string;
}

export interface IntrospectionHandlers {
  GetInfo(): ServiceInfo & { readonly interfaces: readonly string[] };
  GetInterfaceDescription(parameters: { readonly interface: string }): { readonly description: string };
}

/** The interface that every service offers; UAPI.20 "org.varlink.service", inside the subset that systemd can parse. */
export const serviceInterface: InterfaceDefinition<IntrospectionHandlers> = {
  name: 'org.varlink.service',
  text: `# What every varlink service offers: who it is, and what it can be asked.
interface org.varlink.service

# Says who the service is, and names its interfaces.
method GetInfo() -> (
  # Who makes the service.
  vendor: string,
  # What it is called.
  product: string,
  version: string,
  # Where to read about it.
  url: string,
  # Every interface that is offered here, this one among them.
  interfaces: []string
)

# Gives the text of an interface.
method GetInterfaceDescription(
  # The interface's name.
  interface: string
) -> (
  # The interface file.
  description: string
)

# No such interface is offered here.
error InterfaceNotFound (interface: string)

# The interface has no such method.
error MethodNotFound (method: string)

# The method is part of the interface, but not offered here.
error MethodNotImplemented (method: string)

# A parameter is missing, of the wrong type, of no use, or unknown.
error InvalidParameter (parameter: string)

# The caller may not do this.
error PermissionDenied ()

# The method answers with many replies, and has to be called with the 'more' flag.
error ExpectedMore ()

# The method turns the connection over to another protocol, and has to be called with the 'upgrade' flag.
error ExpectedUpgrade ()
`,
};

export const introspectionHandlers = (info: ServiceInfo, service: Service): IntrospectionHandlers => ({
  GetInfo() {
    const { vendor, product, version, url } = info;
    return { vendor, product, version, url, interfaces: service.names };
  },
  GetInterfaceDescription(parameters) {
    return { description: service.describe(parameters.interface) };
  },
});

/** Interface texts that the specs share. */

export const SERVICE = `# The Varlink Service Interface is provided by every varlink service.
interface org.varlink.service

method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)
method GetInterfaceDescription(interface: string) -> (description: string)
error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
error ExpectedUpgrade ()
`;

export const CERTIFICATION = `# Interface to test varlink implementations against.
interface org.varlink.certification
type Interface (foo: ?[]?[string](foo, bar, baz), anon: (foo: bool, bar: bool))
type MyType (object: object, enum: (one, two, three), struct: (first: int, second: string), array: []string,
  dictionary: [string]string, stringset: [string](), nullable: ?string,
  nullable_array_struct: ?[](first: int, second: string), interface: Interface)
method Start() -> (client_id: string)
method Test01(client_id: string) -> (bool: bool)
method Test02(client_id: string, bool: bool) -> (int: int)
method Test03(client_id: string, int: int) -> (float: float)
method Test04(client_id: string, float: float) -> (string: string)
method Test05(client_id: string, string: string) -> (bool: bool, int: int, float: float, string: string)
method Test06(client_id: string, bool: bool, int: int, float: float, string: string) -> (struct: (bool: bool, int: int, float: float, string: string))
method Test07(client_id: string, struct: (bool: bool, int: int, float: float, string: string)) -> (map: [string]string)
method Test08(client_id: string, map: [string]string) -> (set: [string]())
method Test09(client_id: string, set: [string]()) -> (mytype: MyType)
# returns more than one reply with "continues"
method Test10(client_id: string, mytype: MyType) -> (string: string)
# must be called as "oneway"
method Test11(client_id: string, last_more_replies: []string) -> ()
method End(client_id: string) -> (all_ok: bool)
error ClientIdError ()
error CertificationError (wants: object, got: object)
`;

/** One of everything, in the look that `formatInterface` gives. */
export const HARBOUR = `# Ships and where they lie.
#
#  - indented, with a */, a \`, a \\n and a \${name} in it
interface org.example-harbour.Harbour2

# How a ship is driven.
type Engine(
	sail,
	# Coal, mostly.
	steam,
	no_engine
)

# A ship.
type Ship(
	# Its name.
	name: string,
	engine: ?Engine,
	crew: []Sailor,
	cargo: ?[string]int,
	tags: [string](),
	# Where it was built.
	built: (
		# The yard.
		yard: string,
		class: (
			brig,
			sloop
		)
	),
	tender: ?Ship,
	log: ?[]?[string][]float,
	extra: ?object,
	anything: any
)

type Sailor(
	name: string
)

# Brings a ship in.
method Dock(
	# The ship.
	ship: Ship,
	berth: ?int
) -> (
	berth: int
)

method List(
	engine: ?Engine
) -> (
	ship: ?Ship
)

# What happens from now on.
# [Requires 'more' flag]
method Watch() -> (
	event: string
)

# [Supports 'more' flag]
method Find(
	name: string
) -> (
	ship: ?Ship
)

# Talks to the bridge.
# [Requires 'upgrade' flag]
method Call() -> (
	ship: string
)

# [Supports 'upgrade' flag]
method Board() -> ()

# There is no room.
error Full(
	# How many there are.
	berths: int
)

error Storm()
`;

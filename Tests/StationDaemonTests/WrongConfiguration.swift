import Testing
import WireProtocols

/// A wrong file and what shall be said about it.
struct WrongConfiguration: Sendable, CustomTestStringConvertible {
    /// What is wrong, for the name of the test.
    let what: String
    let text: String
    /// `line:column: message; remedy`, one a mistake.
    let problems: [String]

    var testDescription: String { what }

    private init(_ what: String, _ text: String, _ problems: [String]) {
        self.what = what
        self.text = text
        self.problems = problems
    }

    /// A wrong port. Its settings begin on line 5, column 5.
    static func port(_ what: String, _ settings: String, _ problems: String...) -> Self {
        Self(what, ConfigurationTests.onePort(settings, protocol: "surgard"), problems)
    }

    static func file(_ what: String, _ text: String, _ problems: String...) -> Self {
        Self(what, text, problems)
    }

    // What several of them end with.
    private static let saysNothing =
        "1:1: the file says nothing; a station needs at least 'station: {id: linping-east}'"
    private static let checkSyntax =
        "; check the indentation (spaces, no tabs), the quotes and the colons here"
    private static let checkDocument =
        "; a file is one document, and an alias *name comes after its anchor &name"
    private static let takesID =
        "; it takes up to 64 letters, digits, '-', '_' and '.', such as linping-east"
    private static let takesAddress =
        "; it takes an address such as 127.0.0.1:8119 or [::1]:8119 with a port from 1 to 65535, "
        + "or a socket such as unix:/run/tocsin/tocsin.sock"
    private static var protocols: String {
        (ProtocolRegistry.all.map(\.id.rawValue) + ["auto"]).joined(separator: ", ")
    }

    static let all =
        syntax + station + ports + serial + devices + network + listeners

    private static let syntax = [
        file(
            "an empty file", "",
            saysNothing),
        file(
            "nothing but a comment", "# later\n",
            saysNothing),
        file(
            "a list instead of settings", "- station",
            "1:1: a list is no value for the configuration; "
                + "it takes settings of its own: station, ledger, captures, listen, hosts, ports"),
        file(
            "a sentence instead of settings", "hello world",
            "1:1: 'hello world' is no value for the configuration; "
                + "it takes settings of its own: station, ledger, captures, listen, hosts, ports"),
        file(
            "a quote that never ends", "station: {id: a}\nlisten: [\"127.0.0.1:8119]\n",
            "3:1: this is not YAML: found unexpected end of stream "
                + "(while scanning a quoted scalar, since line 2)" + checkSyntax),
        file(
            "a bracket that never ends", "station: {id: a\n",
            "2:1: this is not YAML: did not find expected ',' or '}' "
                + "(while parsing a flow mapping, since line 1)" + checkSyntax),
        file(
            "a tab for indentation", "station:\n\tid: a\n",
            "2:1: this is not YAML: found character that cannot start any token "
                + "(while scanning for the next token, since line 2)" + checkSyntax),
        file(
            "a wrong indentation", "station:\n  id: a\n name: b\n",
            "3:2: this is not YAML: did not find expected key "
                + "(while parsing a block mapping, since line 1)" + checkSyntax),
        file(
            "a control character", "station: {id: a}\n# \u{1}\n",
            "2:3: this is not text: control characters are not allowed; "
                + "save the file as UTF-8 without control characters"),
        file(
            "an alias that nothing stands for", "station: {id: a}\nports: *none\n",
            "2:8: this is not YAML: found undefined alias" + checkDocument),
        file(
            "two documents", "station: {id: a}\n---\nstation: {id: b}\n",
            "2:1: this is not YAML: expected a single document in the stream "
                + "but found another document" + checkDocument),
        file(
            "a key that is a list", "station: {id: a}\n[1, 2]: 3\n",
            "2:1: a key is not plain text; put a value that begins with *, [ or { in quotes"),
        file(
            "a key twice", "station: {id: a}\nports: []\nstation: {id: b}\n",
            "3:1: 'station' is given twice, first on line 1; keep one of them"),
        file(
            "a quoted key twice", "\"station\": {id: a}\n'station': {id: b}\n",
            "2:1: 'station' is given twice, first on line 1; keep one of them"),
        file(
            "a key three times", "station: {id: a, id: b, id: c}\n",
            "1:18: 'id' is given twice, first on line 1; keep one of them",
            "1:25: 'id' is given twice, first on line 1; keep one of them"),
        file(
            "a key twice behind an anchor", "&a station: {id: a}\nstation: {id: b}\n",
            "1:1: this key is given twice in the same place; keep one of them"),
        file(
            "an empty key twice", "station: {id: a}\n? \n? \n",
            "2:2: this key is given twice in the same place; keep one of them"),
    ]

    private static let station = [
        file(
            "no station", "ports: []\n",
            "1:1: the configuration has no 'station'; "
                + "add one such as 'station: {id: linping-east, name: Linping East}'"),
        file(
            "a station without an id", "station: {name: East}\n",
            "1:10: 'station' has no 'id'; add one such as 'id: linping-east'"),
        file(
            "a station that is a word", "station: east\n",
            "1:10: 'east' is no value for 'station'; it takes settings of its own: id, name"),
        file(
            "an id with a blank", "station: {id: east side}\n",
            "1:15: 'east side' is no value for 'id'" + takesID),
        file(
            "an id that is a list", "station: {id: [a]}\n",
            "1:15: a list is no value for 'id'" + takesID),
        file(
            "an id that is empty", "station: {id: \"\"}\n",
            "1:15: '' is no value for 'id'" + takesID),
        file(
            "a relative ledger", "station: {id: a}\nledger: {path: ledger.sqlite}\n",
            "2:16: 'ledger.sqlite' is no value for 'path'; "
                + "it takes an absolute path, one that begins with '/'"),
        file(
            "a ledger without a path", "station: {id: a}\nledger: {}\n",
            "2:9: 'ledger' has no 'path'; add one such as 'path: /var/lib/tocsin/ledger'"),
        file(
            "a ledger that is a path", "station: {id: a}\nledger: /srv/x\n",
            "2:9: '/srv/x' is no value for 'ledger'; it takes settings of its own: path"),
        file(
            "an unknown setting", "station: {id: a}\nprots: []\n",
            "2:1: 'prots' is not a setting of the configuration; "
                + "known are station, ledger, captures, listen, hosts, ports. "
                + "Did you mean 'ports'?"),
        file(
            "a setting like no other", "station: {id: a}\nmqtt: {}\n",
            "2:1: 'mqtt' is not a setting of the configuration; "
                + "known are station, ledger, captures, listen, hosts, ports"),
        file(
            "a listen that is no list", "station: {id: a}\nlisten: 127.0.0.1:8119\n",
            "2:9: '127.0.0.1:8119' is no value for 'listen'; "
                + "it takes a list of addresses, each on a line that begins with '- '"),
        file(
            "nowhere to listen", "station: {id: a}\nlisten: []\n",
            "2:9: 'listen' is empty, so nobody would see an alarm; "
                + "list an address such as 127.0.0.1:8119"),
        file(
            "addresses that cannot be",
            "station: {id: a}\nlisten:\n"
                + [
                    "8119", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:8119", "a b:80",
                    "unix:tocsin.sock", "unix:/" + String(repeating: "x", count: 107),
                ]
                .map { "  - \"\($0)\"\n" }.joined(),
            "3:5: '8119' is no value for 'listen'" + takesAddress,
            "4:5: '127.0.0.1' is no value for 'listen'" + takesAddress,
            "5:5: '127.0.0.1:0' is no value for 'listen'" + takesAddress,
            "6:5: '127.0.0.1:65536' is no value for 'listen'" + takesAddress,
            "7:5: '::1:8119' is no value for 'listen'" + takesAddress,
            "8:5: 'a b:80' is no value for 'listen'" + takesAddress,
            "9:5: 'unix:tocsin.sock' is no value for 'listen'" + takesAddress,
            "10:5: 'unix:/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' is no value for 'listen'"
                + takesAddress
        ),
        file(
            "an address twice", "station: {id: a}\nlisten: [\"[::1]:80\", \"[::1]:80\"]\n",
            "2:22: '[::1]:80' is listed twice, first on line 2; keep one of them"),
    ]

    private static let ports = [
        file(
            "a port that is a word", "station: {id: a}\nports: [one]\n",
            "2:9: 'one' is no value for a port; "
                + "it takes settings of its own: "
                + "name, match, hidraw, pipe, tcp, udp, protocol, serial, options"),
        file(
            "ports that are no list", "station: {id: a}\nports: {one: {}}\n",
            "2:8: a block of settings is no value for 'ports'; "
                + "it takes a list of ports, each on a line that begins with '- '"),
        file(
            "a port that says nothing", "station: {id: a}\nports:\n  - {}\n",
            "3:5: a port has no 'name'; add one such as 'name: receiver-1'",
            "3:5: a port has no 'protocol'; add one such as 'protocol: surgard'",
            "3:5: a port has none of 'match', 'hidraw', 'pipe', 'tcp', 'udp'; "
                + "say what it is, such as 'match: {path: /dev/ttyS0}'"),
        file(
            "an unknown protocol",
            ConfigurationTests.onePort("match: {path: /dev/ttyS0}", protocol: "sugard"),
            "4:15: 'sugard' is not a protocol; "
                + "known are \(protocols). Did you mean 'surgard'?"),
        file(
            "a name twice",
            """
            station: {id: a}
            ports:
              - {name: one, protocol: surgard, match: {path: /dev/ttyS0}}
              - {name: one, protocol: surgard, match: {path: /dev/ttyS1}}
            """,
            "4:12: 'one' is also the name of the port on line 3; "
                + "give each port a name of its own"),
        file(
            "the same adapter twice",
            """
            station: {id: a}
            ports:
              - {name: one, protocol: surgard, match: {vendor: 0E10, serial: X}}
              - {name: two, protocol: surgard, match: {serial: X, vendor: 0e10}}
            """,
            "4:43: the device vendor 0e10, serial X is already the port on line 3; "
                + "let each port have a device or address of its own"),
        file(
            "the same address twice",
            """
            station: {id: a}
            ports:
              - {name: one, protocol: jt808, tcp: {listen: "0.0.0.0:8208"}}
              - {name: two, protocol: jt808, tcp: {listen: "0.0.0.0:8208"}}
              - {name: three, protocol: jt808, tcp: {connect: "0.0.0.0:8208"}}
            """,
            "4:48: listening on 0.0.0.0:8208 is already the port on line 3; "
                + "let each port have a device or address of its own"),
        file(
            "a name with a slash",
            """
            station: {id: a}
            ports: [{name: ../x, protocol: surgard, match: {path: /dev/ttyS0}}]
            """,
            "2:16: '../x' is no value for 'name'; "
                + "it takes up to 64 bytes of text without '/' and not beginning with '.'"),
        port(
            "no way in", "serial: {baud: 300}",
            "3:5: a port has none of 'match', 'hidraw', 'pipe', 'tcp', 'udp'; "
                + "say what it is, such as 'match: {path: /dev/ttyS0}'"),
        port(
            "both match and tcp", "match: {path: /dev/ttyS0}\n    tcp: {listen: \"a:1\"}",
            "6:10: a port has both 'match' and 'tcp'; "
                + "make two ports of it, or keep one of the two"),
        port(
            "options that are a word", "match: {path: /dev/ttyS0}\n    options: fast",
            "6:14: 'fast' is no value for 'options'; "
                + "it takes settings, such as '{alarm: {29: fall}}'"),
        port(
            "an option that is a list", "match: {path: /dev/ttyS0}\n    options: {a: [1]}",
            "6:18: a list is no value for 'a'; "
                + "it takes text, a number, or settings of its own"),
    ]

    private static let serial = [
        port(
            "a match that says nothing", "match: {}",
            "5:12: 'match' says nothing; "
                + "give a path, or marks of a USB device such as its serial"),
        port(
            "a path beside marks", "match: {path: /dev/ttyS0, serial: X}",
            "5:39: 'serial' is not looked at beside 'path'; keep the path or the marks"),
        port(
            "a relative path", "match: {path: ttyS0}",
            "5:19: 'ttyS0' is no value for 'path'; "
                + "it takes an absolute path, one that begins with '/'"),
        port(
            "a vendor that is no USB id", "match: {vendor: 403, product: 0x6001}",
            "5:21: '403' is no value for 'vendor'; "
                + "it takes a USB id of four hexadecimal digits, such as 0403",
            "5:35: '0x6001' is no value for 'product'; "
                + "it takes a USB id of four hexadecimal digits, such as 0403"),
        file(
            "two ports with unreadable marks",
            """
            station: {id: a}
            ports:
              - {name: one, protocol: surgard, match: {serial: ""}}
              - {name: two, protocol: surgard, match: {serial: ""}}
            """,
            "3:52: '' is no value for 'serial'; it takes text",
            "4:52: '' is no value for 'serial'; it takes text"),
        port(
            "an interface that is a word", "match: {serial: X, interface: first}",
            "5:35: 'first' is no value for 'interface'; "
                + "it takes a USB interface of two hexadecimal digits, such as 00"),
        port(
            "a baud rate that is a word", "match: {path: /dev/ttyS0}\n    serial: {baud: fast}",
            "6:20: 'fast' is no value for 'baud'; "
                + "it takes a whole number from 50 to 4000000, such as 9600"),
        port(
            "rates out of range", "match: {path: /dev/ttyS0}\n    serial: {baud: 4000001}",
            "6:20: '4000001' is no value for 'baud'; "
                + "it takes a whole number from 50 to 4000000, such as 9600"),
        port(
            "a format that no line has", "match: {path: /dev/ttyS0}\n    serial: {format: 9N1}",
            "6:22: '9N1' is no value for 'format'; "
                + "it takes data bits 7 or 8, parity N, E or O, and stop bits 1 or 2, such as 8N1"),
        port(
            "an unknown flow control", "match: {path: /dev/ttyS0}\n    serial: {flow: yes}",
            "6:20: 'yes' is no value for 'flow'; it takes none or rtscts"),
    ]

    private static let network = [
        port(
            "tcp that says nothing", "tcp: {}",
            "5:10: 'tcp' needs either 'listen' or 'connect'; "
                + "say 'listen: 0.0.0.0:8208' or 'connect: moxa-2:4001'"),
        port(
            "both listen and connect", "tcp: {listen: \"a:1\", connect: \"b:1\"}",
            "5:10: 'tcp' needs either 'listen' or 'connect'; "
                + "say 'listen: 0.0.0.0:8208' or 'connect: moxa-2:4001'"),
        port(
            "port 0", "tcp: {listen: \"0.0.0.0:0\"}",
            "5:19: '0.0.0.0:0' is no value for 'listen'; "
                + "it takes an address such as 0.0.0.0:8208, with a port from 1 to 65535"),
        port(
            "port 65536", "tcp: {connect: \"moxa:65536\"}",
            "5:20: 'moxa:65536' is no value for 'connect'; "
                + "it takes a host and port such as moxa-2:4001, with a port from 1 to 65535"),
        port(
            "serial settings on TCP", "tcp: {listen: \"[::]:1\"}\n    serial: {baud: 300}",
            "6:13: 'serial' says nothing about a TCP port that listens; "
                + "leave it out; the line is set up at the far end"),
        port(
            "serial settings for a server that is not told them",
            "tcp: {connect: \"a:1\", rfc2217: false}\n    serial: {baud: 300}",
            "6:13: 'serial' says nothing about a TCP port without 'rfc2217: true'; "
                + "leave it out; the line is set up at the far end"),
        port(
            "rfc2217 where devices connect", "tcp: {listen: \"[::]:1\", rfc2217: true}",
            "5:38: 'rfc2217' is not looked at beside 'listen'; leave it out"),
        port(
            "idleSeconds where the station connects", "tcp: {connect: \"a:1\", idleSeconds: 60}",
            "5:40: 'idleSeconds' is not looked at beside 'connect'; leave it out"),
        port(
            "an rfc2217 that is neither true nor false",
            "tcp: {connect: \"a:1\", rfc2217: yes}",
            "5:36: 'yes' is no value for 'rfc2217'; it takes true or false"),
        port(
            "an idle time too short", "tcp: {listen: \"[::]:1\", idleSeconds: 9}",
            "5:42: '9' is no value for 'idleSeconds'; "
                + "it takes a whole number of seconds from 10 to 604800, such as 1800"),
        port(
            "udp that says nothing", "udp: {}",
            "5:10: 'udp' has no 'listen'; add one such as 'listen: 0.0.0.0:12128'"),
        port(
            "udp that connects, with a line",
            "udp: {connect: \"a:1\"}\n    serial: {baud: 300}",
            "5:10: 'udp' has no 'listen'; add one such as 'listen: 0.0.0.0:12128'",
            "5:11: 'connect' is not a setting of 'udp'; known are listen, idleSeconds",
            "6:13: 'serial' says nothing about a UDP port; "
                + "leave it out; the line is set up at the far end"),
    ]
}

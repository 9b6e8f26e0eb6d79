import AlarmModel
import LinuxPorts
import StationDaemon
import Testing
import WireProtocols

@Suite("Configuration")
struct ConfigurationTests {
    static let valid = """
        station: {id: linping-east, name: Linping East}
        ledger: {path: /srv/ledger.sqlite}
        captures: {path: /srv/captures}
        listen: ["127.0.0.1:8119", "unix:/run/tocsin/tocsin.sock"]
        ports:
          - name: receiver-1
            match: {vendor: "0403", product: "6001", serial: A6008isP, interface: 00}
            protocol: surgard
            serial: {baud: 2400, format: 7E1, flow: rtscts}
          - name: pendants
            match: {path: /dev/serial/by-id/usb-pendants}
            protocol: tocsin-link
          - name: locators
            tcp: {listen: "0.0.0.0:8208"}
            protocol: jt808
          - name: far-receiver
            tcp: {connect: "moxa-2:4001"}
            protocol: surgard
          - name: patient-locators
            tcp: {listen: "[::]:8209", idleSeconds: 7200}
            protocol: jt808
          - name: ward-7
            tcp: {connect: "moxa-3:4001", rfc2217: true}
            protocol: surgard
            serial: {baud: 1200, format: 7E1}
          - name: panels
            udp: {listen: "0.0.0.0:12128", idleSeconds: 600}
            protocol: surgard

        """

    // MARK: what is read

    @Test("Everything that a configuration can say arrives")
    func readsEverything() throws {
        let station = try ConfigurationReader.read(Self.valid, file: "tocsin.yaml")
        let line = SerialSettings(
            baud: 2_400, format: try #require(.init("7E1")), flowControl: .rtscts)
        #expect(
            station
                == StationConfiguration(
                    stationID: "linping-east", stationName: "Linping East",
                    ledgerPath: "/srv/ledger.sqlite", capturesDirectory: "/srv/captures",
                    listen: ["127.0.0.1:8119", "unix:/run/tocsin/tocsin.sock"],
                    ports: [
                        port(
                            "receiver-1", "surgard",
                            .serial(
                                DeviceMatch(
                                    vendor: "0403", product: "6001", serial: "A6008isP",
                                    interface: "00"), line)),
                        port(
                            "pendants", "tocsin-link",
                            .serial(
                                DeviceMatch(path: "/dev/serial/by-id/usb-pendants"),
                                SerialSettings())),
                        port(
                            "locators", "jt808",
                            .tcpListen(NetworkAddress(host: "0.0.0.0", port: 8208))),
                        port(
                            "far-receiver", "surgard",
                            .tcpConnect(NetworkAddress(host: "moxa-2", port: 4001))),
                        port(
                            "patient-locators", "jt808",
                            .tcpListen(
                                NetworkAddress(host: "::", port: 8209), idle: .seconds(7_200))),
                        port(
                            "ward-7", "surgard",
                            .serialServer(
                                NetworkAddress(host: "moxa-3", port: 4001),
                                SerialSettings(baud: 1_200, format: try #require(.init("7E1"))))),
                        port(
                            "panels", "surgard",
                            .udpListen(
                                NetworkAddress(host: "0.0.0.0", port: 12128), idle: .seconds(600))),
                    ]))
    }

    @Test("A station may have no ports, and then takes the paths of the service")
    func defaults() throws {
        let station = try ConfigurationReader.read("station: {id: a}", file: "tocsin.yaml")
        #expect(
            station
                == StationConfiguration(
                    stationID: "a", stationName: "a",
                    ledgerPath: "/var/lib/tocsin/ledger.sqlite",
                    capturesDirectory: "/var/lib/tocsin/captures",
                    listen: ["127.0.0.1:8119", "unix:/run/tocsin/tocsin.sock"], ports: []))
        let blank = "station: {id: a}\nports:\nlisten:\nledger:\n"
        #expect(try ConfigurationReader.read(blank, file: "tocsin.yaml") == station)
    }

    @Test("Names for the desk are a list, as many as there may be")
    func hosts() throws {
        let text = "station: {id: a}\nhosts: [desk.example, \"2001:db8::1\", 192.0.2.7]"
        let station = try ConfigurationReader.read(text, file: "tocsin.yaml")
        #expect(station.hosts == ["desk.example", "2001:db8::1", "192.0.2.7"])
        let names = (0...Limits.hostsMax).map { "h\($0)" }.joined(separator: ", ")
        let problems = Self.problems("station: {id: a}\nhosts: [\(names)]")
        #expect(problems.count == 1 && problems[0].contains("at most \(Limits.hostsMax) names"))
    }

    @Test("A desk that the whole network reaches is unwise, is told so, and is no mistake")
    func openDesk() throws {
        let text = """
            station: {id: a}
            listen:
              - 0.0.0.0:8119
              - 127.0.0.2:8120
              - localhost:8121
              - "[::1]:8122"
              - 192.0.2.7:8123
              - unix:/run/tocsin/tocsin.sock
            """
        let station = try ConfigurationReader.read(text, file: "tocsin.yaml")
        let behind = "; listen on 127.0.0.1 and on a socket, behind a proxy that asks who it is"
        #expect(
            station.warnings.map(\.description) == [
                "tocsin.yaml:3:5: warning: on '0.0.0.0:8119' everyone in the network can read and "
                    + "end all alerts" + behind,
                "tocsin.yaml:7:5: warning: on '192.0.2.7:8123' everyone in the network can read "
                    + "and end all alerts" + behind,
            ])
        // With a mistake, both are told.
        let both = Self.problems(text + "\nport: []\n")
        #expect(both.count == 3 && both[0].hasPrefix("3:5: warning: on '0.0.0.0:8119'"))
    }

    @Test(
        "Values are text as written, whatever YAML takes them for",
        arguments: [
            ("serial: 0012", DeviceMatch(serial: "0012")),
            ("serial: 1e3", DeviceMatch(serial: "1e3")),
            ("serial: 12:30:45", DeviceMatch(serial: "12:30:45")),
            ("serial: yes", DeviceMatch(serial: "yes")),
            ("serial: ~", DeviceMatch(serial: "~")),
            ("vendor: 0403", DeviceMatch(vendor: "0403")),
            ("vendor: 0E10", DeviceMatch(vendor: "0e10")),
            ("interface: 01", DeviceMatch(interface: "01")),
            (
                "idPath: pci-0000:00:14.0-usb-0:2:1.0",
                DeviceMatch(idPath: "pci-0000:00:14.0-usb-0:2:1.0")
            ),
        ])
    func textAsWritten(yaml: String, match: DeviceMatch) throws {
        let text = Self.onePort("match: {\(yaml)}", protocol: "surgard")
        let station = try ConfigurationReader.read(text, file: "tocsin.yaml")
        #expect(station.ports.first?.definition.way == .serial(match, SerialSettings()))
    }

    @Test("Parts of a configuration can be shared by anchor and alias")
    func aliases() throws {
        let text = """
            station: {id: a}
            ports:
              - {name: one, protocol: surgard, match: {path: /dev/ttyS0}, serial: &line {baud: 300}}
              - {name: two, protocol: surgard, match: {path: /dev/ttyS1}, serial: *line}
            """
        let station = try ConfigurationReader.read(text, file: "tocsin.yaml")
        let settings = SerialSettings(baud: 300)
        #expect(
            station.ports.map(\.definition.way) == [
                .serial(DeviceMatch(path: "/dev/ttyS0"), settings),
                .serial(DeviceMatch(path: "/dev/ttyS1"), settings),
            ])
    }

    @Test(
        "A file from any editor is read",
        arguments: ["\u{FEFF}" + valid, valid.split(separator: "\n").joined(separator: "\r\n")])
    func editors(text: String) throws {
        let expected = try ConfigurationReader.read(Self.valid, file: "tocsin.yaml")
        #expect(try ConfigurationReader.read(text, file: "tocsin.yaml") == expected)
    }

    @Test(
        "The built-in configuration is read without a problem, wherever it lives",
        arguments: ["/tmp/demo", "/home/o'neill/it's: #1", "/srv/演示"])
    func builtIn(directory: String) throws {
        let text = DefaultConfiguration.text(directory: directory)
        let station = try ConfigurationReader.read(text, file: "built-in")
        #expect(station.ledgerPath == "\(directory)/ledger.sqlite")
        #expect(station.listen == ["127.0.0.1:8119", "unix:\(directory)/tocsin.sock"])
        #expect(station.ports.map(\.definition.name) == ["receiver-1", "pendants", "locators"])
        #expect(
            station.ports.map(\.definition.protocolID) == ["surgard", "tocsin-link", "jt808"])
        for port in station.ports {
            guard case .serial(let match, _) = port.definition.way else {
                Issue.record("\(port.definition.name) is not serial")
                continue
            }
            #expect(match.path == "\(directory)/\(port.definition.name)")
        }
    }

    // MARK: what is wrong

    @Test(
        "A mistake is told with its place, what is wrong and what would be right",
        arguments: WrongConfiguration.all)
    func mistakes(wrong: WrongConfiguration) {
        #expect(Self.problems(wrong.text) == wrong.problems)
    }

    @Test("All mistakes are told at once, in the order of the file")
    func allAtOnce() {
        let text = """
            statoin: {id: a}
            ledger: {path: ledger.sqlite}
            listen: ["127.0.0.1:0", "127.0.0.1:8119"]
            ports:
              - name: one
                match: {path: /dev/ttyS0}
                protocol: surgrad
                serial: {bauds: 9600}
                serial: {baud: fast}
              - match: {path: /dev/ttyS0}
                protocol: jt808
            """
        #expect(
            Self.problems(text).map { $0.prefix { $0 != ";" } } == [
                "1:1: 'statoin' is not a setting of the configuration",
                "1:1: the configuration has no 'station'",
                "2:16: 'ledger.sqlite' is no value for 'path'",
                "3:10: '127.0.0.1:0' is no value for 'listen'",
                "7:15: 'surgrad' is not a protocol",
                "8:14: 'bauds' is not a setting of 'serial'",
                "9:5: 'serial' is given twice, first on line 8",
                "10:5: a port has no 'name'",
                "10:12: the device /dev/ttyS0 is already the port on line 6",
            ])
    }

    @Test("Problems print one a line, ready for an editor to jump to")
    func description() {
        let text = Self.onePort(
            "match: {path: /dev/ttyS0}\n    serial: {bauds: 9}", protocol: "surgard")
        #expect(throws: ConfigurationProblems.self) {
            try ConfigurationReader.read(text, file: "tocsin.yaml")
        }
        do throws(ConfigurationProblems) {
            _ = try ConfigurationReader.read(text, file: "/etc/tocsin/tocsin.yaml")
        } catch {
            #expect(
                "\(error)"
                    == "/etc/tocsin/tocsin.yaml:6:14: 'bauds' is not a setting of 'serial'; "
                    + "known are baud, format, flow. Did you mean 'baud'?")
        }
    }

    @Test("An option that the protocol refuses is told at its place, and so is every other")
    func options() {
        let text = Self.onePort(
            """
            match: {path: /dev/ttyS0}
                options:
                  nonsense: 1
                  deep: {er: {nonsense: 2}}
            """, protocol: "surgard")
        let places = Self.problems(text).map { $0.prefix { $0 != " " } }
        #expect(places == ["7:17:", "8:29:"])
    }

    @Test("Nested options are joined with dots, and values stay text")
    func nestedOptions() {
        // Which options a protocol has is its own affair, so the reader is watched through the
        // names of those that it does not have.
        let text = Self.onePort(
            "match: {path: /dev/ttyS0}\n    options: {nonsense: {29: {x: 007}}}",
            protocol: "surgard")
        #expect(Self.problems(text).contains { $0.contains("'nonsense.29.x'") })
    }

    // MARK: bounds

    @Test("More ports than a station takes are a mistake, not a burden")
    func tooManyPorts() {
        var text = "station: {id: a}\nports:\n"
        for number in 0...Limits.configuredPortsMax {
            text += "  - {name: p\(number), protocol: surgard, match: {path: /dev/tty\(number)}}\n"
        }
        #expect(
            Self.problems(text) == [
                "1003:5: 'ports' has 1001 entries; a station takes at most 1000 ports"
            ])
    }

    @Test("A file that is too large is not read at all")
    func tooLarge() {
        let text = Self.valid + String(repeating: "#", count: Limits.configurationBytesMax)
        #expect(Self.problems(text).map { $0.prefix(4) } == ["1:1:"])
    }

    @Test("A file full of mistakes tells a bounded number of them")
    func tooManyMistakes() {
        let text = "station: {id: a}\n" + (0..<5_000).map { "x\($0): 1\n" }.joined()
        #expect(Self.problems(text).count == Limits.configurationProblemsMax)
    }

    @Test(
        "Aliases that stand for more than any memory holds are harmless", .timeLimit(.minutes(1)),
        arguments: [
            ("ok: 1", "there are too many options"), ("? *l29 : 1", "a key is not plain text"),
            ("*l29 : 1", "a key is not plain text"), ("? [*l29] : 1", "a key is not plain text"),
        ])
    func aliasBomb(entry: String, complaint: String) {
        var text = "station: {id: a}\nl0: &l0 {a: {}}\n"
        for level in 1..<30 {
            text += "l\(level): &l\(level) {a: *l\(level - 1), b: *l\(level - 1)}\n"
        }
        text += "ports: [{name: a, protocol: surgard, match: {path: /dev/ttyS0}, options: *l29}]\n"
        text += "last: {\(entry)}\n"
        #expect(Self.problems(text).contains { $0.contains(complaint) })
    }

    @Test("Nesting without end is a mistake, not a crash", arguments: ["[", "{a: ", "- ", "? "])
    func deepNesting(opening: String) {
        let text = "station: {id: a}\nports: \n  " + String(repeating: opening, count: 100_000)
        #expect(!Self.problems(text).isEmpty)
    }

    @Test("No bytes of a configuration can crash the reader", .timeLimit(.minutes(10)))
    func fuzz() {
        let seed: UInt64 = 0x7061_6765_7273
        var random = SplitMix64(seed: seed)
        let original = Array(Self.valid.utf8)
        let syntax = Array("{}[]:,-?&*!|>'\"%@#`\t\n \\~<\u{0}".utf8) + [0x85, 0xC2, 0xFF, 0xF3]
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<6, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[at] = syntax.randomElement(using: &random) ?? 0
                case 2: bytes.remove(at: at)
                case 3: bytes.insert(syntax.randomElement(using: &random) ?? 0, at: at)
                default:
                    let end = min(bytes.count, at + Int.random(in: 1..<60, using: &random))
                    bytes.insert(contentsOf: bytes[at..<end], at: at)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(ConfigurationProblems) {
                _ = try ConfigurationReader.read(text, file: "fuzz")
                accepted += 1
            } catch {
                let lines =
                    text.unicodeScalars.count {
                        "\r\n\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
                    } + 1
                let isSane = error.problems.allSatisfy {
                    (1...lines).contains($0.line) && $0.column >= 1 && !$0.message.contains("\n")
                }
                #expect(isSane, "seed \(seed), round \(round): \(error)\n\(text)")
            }
        }
        // Both outcomes must be met, or the mutations are too mild or too wild to find anything.
        #expect((100...19_900).contains(accepted))
    }

    // MARK: helpers

    private func port(
        _ name: String, _ protocolID: ProtocolID, _ way: PortDefinition.Way
    ) -> ConfiguredPort {
        ConfiguredPort(definition: PortDefinition(name: name, protocolID: protocolID, way: way))
    }

    /// A station with one port; `settings` begin on line 5, column 5.
    static func onePort(_ settings: String, protocol id: String) -> String {
        """
        station: {id: a}
        ports:
          - name: one
            protocol: \(id)
            \(settings)
        """
    }

    static func problems(_ text: String) -> [String] {
        do throws(ConfigurationProblems) {
            _ = try ConfigurationReader.read(text, file: "")
            return []
        } catch {
            return error.problems.map { "\($0.description.dropFirst())" }
        }
    }
}

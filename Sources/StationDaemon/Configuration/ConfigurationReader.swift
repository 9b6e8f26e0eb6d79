import AlarmModel
import Yams

/// Reads `tocsin.yaml`. Pure: a text goes in, a configuration or all its mistakes come out.
public enum ConfigurationReader {
    /// - Parameters:
    ///   - text: the whole file.
    ///   - file: its name, as problems shall give it.
    public static func read(
        _ text: String, file: String
    ) throws(ConfigurationProblems) -> StationConfiguration {
        let document = ConfigurationDocument(text, file: file)
        var configuration = station(document)
        if let problems = document.problems { throw problems }
        configuration.warnings = document.warnings
        return configuration
    }

    /// The configuration as far as it can be read; what cannot is reported to the document.
    private static func station(_ document: ConfigurationDocument) -> StationConfiguration {
        var station = StationConfiguration(
            stationID: "", stationName: "", ledgerPath: Installed.ledger,
            capturesDirectory: Installed.captures,
            listen: [Installed.address, "unix:\(Installed.socket)"], ports: [])
        guard document.problems == nil else { return station }
        guard let root = document.root, !root.isBlank else {
            // Most likely a copy that went wrong: a station that starts deaf is not noticed.
            document.report(
                .init(), "the file says nothing",
                "a station needs at least 'station: {id: linping-east}'")
            return station
        }
        guard
            let file = ConfigurationSection(
                root, title: "the configuration",
                known: ["station", "ledger", "captures", "listen", "hosts", "ports"],
                document: document)
        else { return station }

        file.require("station", example: "{id: linping-east, name: Linping East}")
        if let section = file.section("station", known: ["id", "name"]) {
            section.require("id", example: "linping-east")
            station.stationID = section.value("id", Values.stationID) ?? ""
            station.stationName = section.value("name", Values.name) ?? station.stationID
        }
        station.ledgerPath = path(in: file, "ledger") ?? station.ledgerPath
        station.capturesDirectory = path(in: file, "captures") ?? station.capturesDirectory
        var listeners = Listeners(document: document)
        station.listen = listen(in: file, &listeners) ?? station.listen
        if file.node("listen") == nil { listeners.takeDefault(station.listen) }
        station.hosts = hosts(in: file)
        var ports = PortsReader(document: document, listeners: listeners)
        station.ports = ports.read(file)
        return station
    }

    private static func path(in file: ConfigurationSection, _ key: String) -> String? {
        guard let section = file.section(key, known: ["path"]) else { return nil }
        section.require("path", example: "/var/lib/tocsin/\(key)")
        return section.value("path", Values.path)
    }

    /// Nil when the file does not say where to listen.
    private static func listen(
        in file: ConfigurationSection, _ listeners: inout Listeners
    ) -> [String]? {
        guard let node = file.node("listen") else { return nil }
        let nodes = file.list("listen", atMost: Limits.listenAddressesMax, of: "addresses")
        if nodes.isEmpty, case .sequence = node {
            file.report(
                node.position, "'listen' is empty, so nobody would see an alarm",
                "list an address such as 127.0.0.1:8119")
        }
        var taken: [String: Int] = [:]
        return nodes.compactMap { node in
            guard let address = file.value(of: node, for: "listen", Values.listenAddress)
            else { return nil }
            if let line = taken.updateValue(node.position.line, forKey: address) {
                file.report(
                    node.position,
                    "\(Wording.quoted(address)) is listed twice, first on line \(line)",
                    "keep one of them")
            } else {
                listeners.takeDesk(address, node)
            }
            return address
        }
    }

    private static func hosts(in file: ConfigurationSection) -> [String] {
        file.list("hosts", atMost: Limits.hostsMax, of: "names").compactMap {
            file.value(of: $0, for: "hosts", Values.host)
        }
    }
}

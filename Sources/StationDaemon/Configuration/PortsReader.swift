import AlarmModel
import LinuxPorts
import WireProtocols
import Yams

/// Reads `ports:`.
struct PortsReader {
    let document: ConfigurationDocument
    /// Lines of the ports that have taken a name, a device or an address.
    private var names: [String: Int] = [:]
    private var ways: [String: Int] = [:]

    init(document: ConfigurationDocument) { self.document = document }

    /// The ports that are right; the mistakes of the others are reported.
    mutating func read(_ file: ConfigurationSection) -> [ConfiguredPort] {
        var ports: [ConfiguredPort] = []
        for node in file.list("ports", atMost: Limits.configuredPortsMax, of: "ports") {
            if let port = port(node) { ports.append(port) }
        }
        return ports
    }

    private mutating func port(_ node: Node) -> ConfiguredPort? {
        guard
            let section = ConfigurationSection(
                node, title: "a port",
                known: ["name", "match", "tcp", "protocol", "serial", "options"],
                document: document)
        else { return nil }
        section.require("name", example: "receiver-1")
        section.require("protocol", example: "surgard")
        let name = name(section)
        let descriptor = descriptor(section)
        let way = way(section)
        let options = options(section, of: descriptor)
        guard let name, let descriptor, let way else { return nil }
        let definition = PortDefinition(name: name, protocolID: descriptor.id, way: way)
        return ConfiguredPort(definition: definition, options: options)
    }

    private mutating func name(_ section: ConfigurationSection) -> String? {
        guard let name = section.value("name", Values.portName), let node = section.node("name")
        else { return nil }
        if let line = names.updateValue(node.position.line, forKey: name) {
            document.report(
                node.position,
                "\(Wording.quoted(name)) is also the name of the port on line \(line)",
                "give each port a name of its own")
        }
        return name
    }

    private func descriptor(_ section: ConfigurationSection) -> ProtocolDescriptor? {
        guard let id = section.value("protocol", Values.text), let node = section.node("protocol")
        else { return nil }
        if let descriptor = ProtocolRegistry.find(ProtocolID(rawValue: id)) { return descriptor }
        let known = ProtocolRegistry.all.map(\.id.rawValue)
        document.report(
            node.position, "\(Wording.quoted(id)) is not a protocol",
            Wording.known(known, near: id))
        return nil
    }

    // MARK: way

    private mutating func way(_ section: ConfigurationSection) -> PortDefinition.Way? {
        let settings = serialSettings(section)
        switch (section.node("match"), section.node("tcp")) {
        case (nil, nil):
            document.report(
                section.position, "a port has neither 'match' nor 'tcp'",
                "say what it is, such as 'match: {path: /dev/ttyS0}'")
            return nil
        case (_?, let tcp?):
            document.report(
                tcp.position, "a port has both 'match' and 'tcp'",
                "make two ports of it, or keep one of the two")
            return nil
        case (let node?, nil):
            guard let match = match(section) else { return nil }
            take("the device \(match)", node)
            return .serial(match, settings)
        case (nil, let node?):
            if let serial = section.node("serial") {
                document.report(
                    serial.position, "'serial' says nothing about a TCP port",
                    "leave it out; the line is set up at the far end")
            }
            guard let way = tcp(section) else { return nil }
            switch way {
            case .tcpListen(let address): take("listening on \(address)", node)
            case .tcpConnect(let address): take("connecting to \(address)", node)
            case .serial: break
            }
            return way
        }
    }

    /// One device or address can be one port only.
    private mutating func take(_ way: String, _ node: Node) {
        guard let line = ways.updateValue(node.position.line, forKey: way) else { return }
        document.report(
            node.position, "\(way) is already the port on line \(line)",
            "let each port have a device or address of its own")
    }

    private func match(_ section: ConfigurationSection) -> SerialMatch? {
        let marks = ["vendor", "product", "serial", "interface", "idPath"]
        guard let match = section.section("match", known: ["path"] + marks + ["hidraw"])
        else { return nil }
        if let hidraw = match.node("hidraw") {
            document.report(
                hidraw.position, "'hidraw' is not supported yet",
                "match a serial device by path, vendor, product, serial, interface or idPath")
            return nil
        }
        let found = SerialMatch(
            path: match.value("path", Values.path), vendor: match.value("vendor", Values.usbID),
            product: match.value("product", Values.usbID),
            serial: match.value("serial", Values.text),
            interface: match.value("interface", Values.usbInterface),
            idPath: match.value("idPath", Values.text))
        let given = marks.first { match.node($0) != nil }
        switch (match.node("path"), given) {
        case (nil, nil):
            document.report(
                match.position, "'match' says nothing",
                "give a path, or marks of a USB adapter such as its serial")
            return nil
        case (_?, let mark?):
            document.report(
                match.node(mark)?.position ?? match.position,
                "'\(mark)' is not looked at beside 'path'", "keep the path or the marks")
            return nil
        // Without a mark that could be read it would be the same as any other such match.
        default: return found == SerialMatch() ? nil : found
        }
    }

    private func tcp(_ section: ConfigurationSection) -> PortDefinition.Way? {
        guard let tcp = section.section("tcp", known: ["listen", "connect"]) else { return nil }
        switch (tcp.node("listen"), tcp.node("connect")) {
        case (_?, nil): return tcp.value("listen", Values.tcpListen).map { .tcpListen($0) }
        case (nil, _?): return tcp.value("connect", Values.tcpConnect).map { .tcpConnect($0) }
        default:
            document.report(
                tcp.position, "'tcp' needs either 'listen' or 'connect'",
                "say 'listen: 0.0.0.0:8208' or 'connect: moxa-2:4001'")
            return nil
        }
    }

    private func serialSettings(_ section: ConfigurationSection) -> SerialSettings {
        var settings = SerialSettings()
        guard let serial = section.section("serial", known: ["baud", "format", "flow"])
        else { return settings }
        settings.baud = serial.value("baud", Values.baud) ?? settings.baud
        settings.format = serial.value("format", Values.format) ?? settings.format
        settings.flowControl = serial.value("flow", Values.flow) ?? settings.flowControl
        return settings
    }

    // MARK: options

    private func options(
        _ section: ConfigurationSection, of descriptor: ProtocolDescriptor?
    ) -> ProtocolOptions {
        guard let node = section.node("options") else {
            return checked([:], of: descriptor, at: section.position)
        }
        guard case .mapping(let mapping) = node else {
            document.report(
                node.position, "\(node.shape) is no value for 'options'",
                "it takes settings, such as '{alarm: {29: fall}}'")
            return ProtocolOptions()
        }
        var flat = OptionFlattener(document: document)
        flat.add(mapping, prefix: "")
        return checked(flat.options, of: descriptor, at: node.position)
    }

    /// Asks the protocol. It names one problem at a time, so it is asked again without the option
    /// that it named.
    private func checked(
        _ options: [String: OptionFlattener.Option], of descriptor: ProtocolDescriptor?,
        at position: ConfigurationDocument.Position
    ) -> ProtocolOptions {
        let all = ProtocolOptions(options.mapValues(\.text))
        guard let descriptor else { return all }
        var rest = all
        while let problem = descriptor.problem(of: rest) {
            // Some say themselves what would be right: "unknown option 'x'; known are y, z".
            let parts = problem.message.split(separator: "; ", maxSplits: 1)
            document.report(
                options[problem.key]?.position ?? position, parts.first.map(String.init) ?? "",
                parts.count > 1
                    ? String(parts[1])
                    : "the specification of \(descriptor.id) tells what '\(problem.key)' takes")
            guard rest.values.removeValue(forKey: problem.key) != nil else { break }
        }
        return all
    }
}

extension ProtocolDescriptor {
    /// The first thing that the protocol dislikes in its options.
    fileprivate func problem(of options: ProtocolOptions) -> OptionProblem? {
        do throws(OptionProblem) {
            _ = try makeDecoder(options: options)
            return nil
        } catch {
            return error
        }
    }
}

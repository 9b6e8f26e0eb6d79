import AlarmModel
import LinuxPorts
import StationCore
import WireProtocols
import Yams

/// Reads `ports:`.
struct PortsReader {
    let document: ConfigurationDocument
    /// Lines of the ports that have taken a name, a device or an address.
    private var names: [String: Int] = [:]
    private var taken: [String: Int] = [:]
    /// Where the station listens already.
    var listeners: Listeners

    init(document: ConfigurationDocument, listeners: Listeners) {
        self.document = document
        self.listeners = listeners
    }

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
                known: ["name"] + Self.ways + ["protocol", "serial", "options"],
                document: document)
        else { return nil }
        section.require("name", example: "receiver-1")
        section.require("protocol", example: "surgard")
        let name = name(section)
        if isSniffed(section) { return sniffed(section, name, way(section)) }
        let descriptor = descriptor(section)
        let way = way(section)
        let options = options(section, of: descriptor, over: way)
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
        let known = ProtocolRegistry.all.map(\.id.rawValue) + [ProtocolID.auto.rawValue]
        document.report(
            node.position, "\(Wording.quoted(id)) is not a protocol",
            Wording.known(known, near: id))
        return nil
    }

    // MARK: way

    /// The settings that say how a port is reached. It has one of them.
    private static let ways = ["match", "hidraw", "pipe", "tcp", "udp"]

    private mutating func way(_ section: ConfigurationSection) -> PortDefinition.Way? {
        let settings = serialSettings(section)
        let given = Self.ways.filter { section.node($0) != nil }
        guard let way = given.first, let node = section.node(way) else {
            document.report(
                section.position,
                "a port has none of \(Self.ways.map { "'\($0)'" }.joined(separator: ", "))",
                "say what it is, such as 'match: {path: /dev/ttyS0}'")
            return nil
        }
        if given.count > 1 {
            document.report(
                section.node(given[1])?.position ?? node.position,
                "a port has both '\(way)' and '\(given[1])'",
                "make two ports of it, or keep one of the two")
            return nil
        }
        switch way {
        case "hidraw": return hidraw(section)
        case "pipe": return pipe(section)
        case "tcp": return tcp(section, settings)
        case "udp": return udp(section)
        default:
            guard let match = match(section, way) else { return nil }
            take("the device \(match)", node)
            return .serial(match, settings)
        }
    }

    /// One device or address can be one port only.
    ///
    /// - Returns: false when it was taken, and is reported.
    @discardableResult
    mutating func take(_ way: String, _ node: Node) -> Bool {
        guard let line = taken.updateValue(node.position.line, forKey: way) else { return true }
        document.report(
            node.position, "\(way) is already the port on line \(line)",
            "let each port have a device or address of its own")
        return false
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
        _ section: ConfigurationSection, of descriptor: ProtocolDescriptor?,
        over way: PortDefinition.Way?
    ) -> ProtocolOptions {
        let implied = implied(section, of: descriptor, over: way)
        guard let node = section.node("options") else {
            return checked(implied, of: descriptor, at: section.position)
        }
        guard case .mapping(let mapping) = node else {
            document.report(
                node.position, "\(node.shape) is no value for 'options'",
                "it takes settings, such as '{alarm: {29: fall}}'")
            return ProtocolOptions()
        }
        var flat = OptionFlattener(document: document)
        flat.add(mapping, prefix: "")
        let options = flat.options.merging(implied) { said, _ in said }
        return checked(options, of: descriptor, at: node.position)
    }

    /// Options that need not be said, because the way in has said them: which button it is.
    private func implied(
        _ section: ConfigurationSection, of descriptor: ProtocolDescriptor?,
        over way: PortDefinition.Way?
    ) -> [String: OptionFlattener.Option] {
        guard descriptor?.id == "hid-button", let button = way?.button else { return [:] }
        let position = section.node("hidraw")?.position ?? section.position
        return ["device": OptionFlattener.Option(text: button, position: position)]
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

import LinuxPorts

/// Reads `match:`, `hidraw:` and `pipe:`: the ways in that are a file of this machine.
extension PortsReader {
    /// - Parameter key: `match` or `hidraw`.
    func match(_ section: ConfigurationSection, _ key: String) -> DeviceMatch? {
        let marks = ["vendor", "product", "serial", "interface", "idPath"]
        guard let match = section.section(key, known: ["path"] + marks) else { return nil }
        let found = DeviceMatch(
            path: match.value("path", Values.path), vendor: match.value("vendor", Values.usbID),
            product: match.value("product", Values.usbID),
            serial: match.value("serial", Values.text),
            interface: match.value("interface", Values.usbInterface),
            idPath: match.value("idPath", Values.text))
        let given = marks.first { match.node($0) != nil }
        switch (match.node("path"), given) {
        case (nil, nil):
            document.report(
                match.position, "'\(key)' says nothing",
                "give a path, or marks of a USB device such as its serial")
            return nil
        case (_?, let mark?):
            document.report(
                match.node(mark)?.position ?? match.position,
                "'\(mark)' is not looked at beside 'path'", "keep the path or the marks")
            return nil
        // Without a mark that could be read it would be the same as any other such match.
        default: return found == DeviceMatch() ? nil : found
        }
    }

    mutating func hidraw(_ section: ConfigurationSection) -> PortDefinition.Way? {
        refuseSerial(of: section, "a HID device", because: "it has no line")
        guard let match = match(section, "hidraw"), let node = section.node("hidraw")
        else { return nil }
        take("the HID device \(match)", node)
        return .hidraw(match)
    }

    mutating func pipe(_ section: ConfigurationSection) -> PortDefinition.Way? {
        refuseSerial(of: section, "a pipe", because: "it has no line")
        guard let pipe = section.section("pipe", known: ["path"]) else { return nil }
        pipe.require("path", example: "/run/tocsin/rtl433.fifo")
        guard let source = pipe.value("path", Values.pipe), let node = section.node("pipe")
        else { return nil }
        take("reading \(source)", node)
        return .pipe(source)
    }
}

extension PortDefinition.Way {
    /// The USB ids of a HID device as the table of buttons has them: `1d34:000d`. Nil where the
    /// configuration does not name both.
    var button: String? {
        guard case .hidraw(let match) = self, let vendor = match.vendor, let product = match.product
        else { return nil }
        return "\(vendor):\(product)"
    }
}

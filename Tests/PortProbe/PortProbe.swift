import AlarmModel
import Glibc
import LinuxPorts

/// A daemon that only shows what its ports do, one line per event, for tests that need a process of
/// its own: under a mocked /dev and /sys, or against real hardware.
///
///     PortProbe name=receiver,vendor=0403,serial=A6008isP,baud=9600,format=8N1 \
///         name=in,listen=127.0.0.1:0 name=button,class=hidraw,vendor=1d34 name=sensors,pipe=-
///
/// It prints `opened NAME ID PATH`, `data ID HEX`, `closed ID REASON`, and
/// `status NAME STATE REASON` whenever that changes. What it reads it writes back.
@main
final class PortProbe: PortEvents {
    private var loop: PortLoop?
    private var ids: [PortHandle: PortID] = [:]
    private var shown: [String: String] = [:]

    static func main() {
        let definitions = CommandLine.arguments.dropFirst().map { argument in
            guard let definition = definition(argument) else {
                say("cannot understand \(argument)")
                exit(2)
            }
            return definition
        }
        do throws(PortError) {
            try PortProbe().run(definitions)
        } catch {
            say("error \(error)")
            exit(1)
        }
    }

    private func run(_ definitions: [PortDefinition]) throws(PortError) {
        let loop = try PortLoop(definitions: definitions, events: self)
        self.loop = loop
        while true {
            try loop.turn(until: Clock.monotonic() + .milliseconds(100))
            showStatuses(loop)
        }
    }

    private func showStatuses(_ loop: PortLoop) {
        for status in loop.statuses {
            let text = "\(status.state.rawValue) \(status.reason ?? "-")"
            guard shown[status.name] != text else { continue }
            shown[status.name] = text
            Self.say("status \(status.name) \(text)")
        }
    }

    // MARK: PortEvents

    func portOpened(_ port: OpenPort) {
        ids[port.handle] = port.id
        Self.say("opened \(port.name) \(port.id) \(port.path)")
    }

    func portReadable(
        _ handle: PortHandle, _ read: (UnsafeMutableRawBufferPointer) -> ReadOutcome
    ) {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let outcome = unsafe bytes.withUnsafeMutableBytes { unsafe read($0) }
        guard case .bytes(let count) = outcome, let id = ids[handle] else { return }
        var hex: [UInt8] = []
        for byte in bytes.prefix(count) { hex += [hexDigit(byte >> 4), hexDigit(byte)] }
        Self.say("data \(id) \(String(decoding: hex, as: UTF8.self))")
        loop?.write(bytes.span.extracting(first: count), to: handle)
    }

    func portClosed(_ handle: PortHandle, _ reason: PortCloseReason) {
        guard let id = ids.removeValue(forKey: handle) else { return }
        Self.say("closed \(id) \(reason)")
    }

    func woken() { Self.say("woken") }

    // MARK: arguments and output

    private static func definition(_ argument: String) -> PortDefinition? {
        var fields: [Substring: String] = [:]
        for field in argument.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            fields[parts[0]] = String(parts[1])
        }
        guard let name = fields["name"] else { return nil }
        if let text = fields["listen"] {
            return NetworkAddress(text).map { definition(name, .tcpListen($0)) }
        }
        if let text = fields["connect"] {
            return NetworkAddress(text).map { definition(name, .tcpConnect($0)) }
        }
        if let text = fields["pipe"] {
            return definition(name, .pipe(text == "-" ? .standardInput : .fifo(text)))
        }
        let match = DeviceMatch(
            path: fields["path"], vendor: fields["vendor"], product: fields["product"],
            serial: fields["serial"], interface: fields["interface"], idPath: fields["idPath"])
        if fields["class"] == "hidraw" { return definition(name, .hidraw(match)) }
        guard let format = SerialSettings.Format(fields["format"] ?? "8N1"),
            let baud = UInt32(fields["baud"] ?? "9600")
        else { return nil }
        return definition(name, .serial(match, SerialSettings(baud: baud, format: format)))
    }

    private static func definition(_ name: String, _ way: PortDefinition.Way) -> PortDefinition {
        PortDefinition(name: name, protocolID: "probe", way: way)
    }

    /// At once: a line kept in a buffer would look like an event that did not happen.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        unsafe bytes.withUnsafeBytes { _ = unsafe write(1, $0.baseAddress, $0.count) }
    }
}

import ArgumentParser
import OperatorDesk

/// `tocsin devices`
struct Devices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the devices that were heard since the daemon started, the newest first.")

    @OptionGroup var desk: DeskOptions

    @Flag(help: "The longest silent first.")
    var silent = false

    @Option(help: "At most so many; how many are left out is said.")
    var limit = 100

    func run() async throws {
        let order = silent ? "silent" : "newest"
        let answer = try await desk.ask("/v1/devices?order=\(order)&limit=\(limit)")
        if desk.json { return Terminal.say(json: answer.body) }
        let devices = try decodeJSON([DeviceForm].self, answer.body)
        for device in devices { Terminal.say(Self.line(device)) }
        if devices.isEmpty { Terminal.say("no device was heard since the daemon started") }
        if let more = answer.headers["tocsin-more"].flatMap({ Int($0) }) {
            Terminal.say("\(grouped(more)) more")
        }
    }

    private static func line(_ device: DeviceForm) -> String {
        var parts = [localTime(device.lastHeardAt), device.protocol]
        parts.append(device.address ?? "no address")
        if let scope = device.scope { parts.append("of \(scope)") }
        if let battery = device.batteryPercent { parts.append("battery \(battery) %") }
        if let signal = device.signalPercent { parts.append("signal \(signal) %") }
        if let position = device.position {
            let place = "\(position.latitude),\(position.longitude)"
            parts.append(position.valid ? place : place + " (no fix)")
        }
        if let port = device.portName ?? device.port { parts.append("on \(port)") }
        if let peer = device.peer { parts.append("from \(peer)") }
        return parts.joined(separator: "  ")
    }
}

import AlarmModel
import CBaselines
import Foundation

/// What as many locators cost as one listener keeps, which are connected, have reported once, and
/// are silent. Its other places are left to newcomers.
enum IdleRows {
    static let count = UInt32(Limits.connectionsPerListenerMax - Limits.newcomersMax)
    private static let silence = 20.0

    private struct Cost {
        /// Of a core, while nothing comes.
        var cpu: Double
        /// MB that the connections added.
        var memory: Double
        /// Until all were taken and their reports read.
        var seconds: Double
    }

    static func measure() throws -> [Row] {
        try Loopback.raiseFileLimit(to: Int(count) + 1_000)
        let ours = try Folder.with(daemon)
        let baseline = try plainServer()
        return [
            Row(
                what: "resident memory that they add",
                ours: .cost(ours.memory, "MB", decimals: 1),
                baseline: .cost(baseline.memory, "MB", decimals: 1),
                against: "epoll, accept, read, discard in plain C"),
            Row(
                what: "CPU while they are silent",
                ours: .cost(ours.cpu * 100, "% of a core", decimals: 2),
                baseline: .cost(baseline.cpu * 100, "% of a core", decimals: 2),
                against: "the same"),
            Row(
                what: "connected, and one report of each read",
                ours: .rate(Double(count) / ours.seconds, of: "locators"),
                baseline: .rate(Double(count) / baseline.seconds, of: "locators"),
                against: "the same, no reply"),
        ]
    }

    private static func daemon(_ folder: String) throws -> Cost {
        let port = try Loopback.freePort()
        let line = "  - {name: locators, tcp: {listen: \"127.0.0.1:\(port)\"}, protocol: jt808}"
        return try Tocsind.run(in: folder, ports: [line]) { tocsind in
            try cost(of: tocsind.usage, port) {
                let counters = try tocsind.ports().first?["counters"] as? [String: Int]
                return counters?["connections"] == Int(count) && counters?["frames"] == Int(count)
            }
        }
    }

    private static func plainServer() throws -> Cost {
        let holder = unsafe baseline_hold()
        guard unsafe holder.process > 0 else { throw Unmeasured("no plain server") }
        defer { unsafe baseline_release(holder) }
        let expected = reports.reduce(0) { $0 + $1.count }
        return try cost(of: ProcessUsage(id: unsafe holder.process), unsafe holder.port) {
            unsafe holder.held.pointee == count && holder.bytes.pointee == expected
        }
    }

    private static let reports: [[UInt8]] = (1...count).map {
        Corpus.location(device: $0, serial: 1)
    }

    private static func cost(
        of usage: ProcessUsage, _ port: UInt16, isServed: () throws -> Bool
    ) throws -> Cost {
        let before = usage.residentMegabytes
        var locators: [Loopback] = []
        // They stay until all is measured.
        defer { withExtendedLifetime(locators) {} }
        let begin = ContinuousClock.now
        for report in reports {
            let locator = try Loopback.connected(to: port)
            locators.append(locator)
            try Descriptor.write(report[...], to: locator.descriptor)
        }
        while try !isServed() {
            guard ContinuousClock.now - begin < .seconds(60) else {
                throw Unmeasured("not all of \(count) locators are served in time")
            }
            usleep(50_000)
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        let cpu = usage.cpuSeconds
        usleep(UInt32(silence * 1e6))
        return Cost(
            cpu: (usage.cpuSeconds - cpu) / silence, memory: usage.residentMegabytes - before,
            seconds: seconds)
    }
}

import AlarmModel
import Captures
import Foundation
import Testing

@testable import StationDaemon

@Suite("Captures after damage")
struct CaptureGateTests {
    private let start = MonotonicTime(microseconds: 5_000_000)

    private func admits(
        _ gate: inout CaptureGate, _ port: String, at now: MonotonicTime
    ) -> Bool {
        gate.admits("badChecksum", of: port, at: now)
    }

    @Test("12,000 damaged datagrams of one port in a minute are one capture a sort")
    func flood() {
        var gate = CaptureGate()
        var kept = 0
        for number in 0..<12_000 {
            let now = start + TimeSpan(microseconds: Int64(number) * 1_000)
            if gate.admits("badChecksum", of: "locators", at: now) { kept += 1 }
            if gate.admits("truncated", of: "locators", at: now) { kept += 1 }
        }
        #expect(kept == 2)
        #expect(admits(&gate, "other", at: start))
    }

    @Test("A port is heard again after its rest, and not before")
    func rest() {
        var gate = CaptureGate()
        #expect(admits(&gate, "a", at: start))
        let early = start + TimeSpan(microseconds: Limits.captureRest.microseconds - 1)
        #expect(!admits(&gate, "a", at: early))
        #expect(admits(&gate, "a", at: start + Limits.captureRest))
        #expect(!admits(&gate, "a", at: start + Limits.captureRest))
    }

    @Test("Names that a reload has taken away do not pile up")
    func manyNames() {
        var gate = CaptureGate()
        for number in 0..<3 * Limits.configuredPortsMax {
            #expect(admits(&gate, "p\(number)", at: start))
        }
    }

    @Test("Junk gives way, and the first capture of each port and sort stays")
    func surplus() {
        func name(_ port: String, _ sort: String, _ second: Int) -> String {
            CaptureNames.name(
                port: port, sort: sort, at: WallTime(microseconds: Int64(second) * 1_000_000))
        }
        let useful = name("receiver-1", "badChecksum", 1)
        var names = [useful, name("udp", "badField", 2)]
        for second in 3...Limits.captureFilesMax { names.append(name("udp", "badField", second)) }
        #expect(names.count == Limits.captureFilesMax)
        #expect(CaptureNames.surplus(names) == [names[2]])
        #expect(CaptureNames.surplus(Array(names.dropLast())) == [])
        #expect(useful == "receiver-1-badChecksum-19700101T000001Z.pcapng")

        // Nothing but firsts: the port that has most of them gives one.
        var firsts = [useful]
        for number in 1..<Limits.captureFilesMax {
            firsts.append(name("udp", "sort\(number)", number))
        }
        #expect(CaptureNames.surplus(firsts) == [firsts[1]])
    }

    @Test("The folder never has more files than are allowed, and what waits for it is bounded")
    func folder() throws {
        let folder = NSTemporaryDirectory() + "tocsin-captures-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = CaptureFiles(directory: folder)
        let records = [
            CaptureRecord(
                portName: "p", protocolID: "jt808", direction: .received,
                at: WallTime(microseconds: 0), bytes: [1, 2, 3])
        ]
        func dump(_ port: String, _ second: Int) {
            files.dump(
                records, port: CapturePort(name: port, protocolID: "jt808"), because: "badField",
                at: WallTime(microseconds: Int64(second) * 1_000_000))
        }
        dump("useful", 0)
        for second in 1...Limits.captureFilesMax + 20 {
            dump("junk", second)
            #expect(files.finish(atMost: .seconds(30)))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == Limits.captureFilesMax)
        #expect(names.contains("useful-badField-19700101T000000Z.pcapng"))
        #expect(files.dropped == 0)
        for second in 0..<10_000 { dump("flood", second) }
        #expect(files.dropped > 0, "\(Limits.capturesWaitingMax) wait at most")
        #expect(files.finish(atMost: .seconds(30)))
    }
}

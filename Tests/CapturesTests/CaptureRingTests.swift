import AlarmModel
import Captures
import Testing

@Suite("The capture ring")
struct CaptureRingTests {
    /// What a ring of `capacity` bytes has to hold, the simple way: records in a list.
    private func newest(_ records: [CaptureRecord], capacity: Int) -> [CaptureRecord] {
        var room = capacity
        var kept: [CaptureRecord] = []
        for record in records.reversed() {
            guard record.bytes.count + 13 <= room else { break }
            room -= record.bytes.count + 13
            kept.insert(record, at: 0)
        }
        return kept
    }

    private func record(
        _ direction: CaptureRecord.Direction, _ time: Int64, _ bytes: [UInt8]
    ) -> CaptureRecord {
        CaptureRecord(
            portName: "receiver-1", protocolID: "surgard", direction: direction,
            at: WallTime(microseconds: time), bytes: bytes)
    }

    @Test("It holds exactly the newest records that fit, in order", arguments: 1...40)
    func keepsTheNewest(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let capacity = Int.random(in: 14...1_500, using: &random)
        var ring = CaptureRing(capacity: capacity)
        var model: [CaptureRecord] = []
        for time in 0..<200 {
            let direction: CaptureRecord.Direction = .random(using: &random)
            let bytes = random.bytes(1...(capacity - 13))
            ring.append(direction, at: WallTime(microseconds: Int64(time) - 100), bytes.span)
            model.append(record(direction, Int64(time) - 100, bytes))
            let held = ring.snapshot(portName: "receiver-1", protocolID: "surgard")
            #expect(held == newest(model, capacity: capacity), "seed \(seed)")
        }
    }

    @Test("Of a read larger than the ring the last bytes are kept")
    func keepsTheTail() {
        var ring = CaptureRing(capacity: 23)
        let bytes = (0..<100).map { UInt8($0) }
        ring.append(.received, at: .morning, bytes.span)
        let held = ring.snapshot(portName: "p", protocolID: nil)
        #expect(held.map(\.bytes) == [Array(bytes[90...])])
    }

    @Test("A read of no bytes leaves no record")
    func emptyReadIsNothing() {
        var ring = CaptureRing()
        let nothing: [UInt8] = []
        ring.append(.sent, at: .morning, nothing.span)
        #expect(ring.snapshot(portName: "p", protocolID: nil).isEmpty)
    }
}

extension CaptureRecord.Direction {
    static func random(using random: inout SeededRandom) -> Self {
        Bool.random(using: &random) ? .received : .sent
    }
}

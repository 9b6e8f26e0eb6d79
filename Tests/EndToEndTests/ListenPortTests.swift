import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("A TCP port")
    struct ListenPortTests {
        @Test("Of 200 connections, silent and senseless ones cost the good ones nothing")
        func manyConnections() throws {
            let seed = UInt64.random(in: 0...999_999)
            var random = SplitMix64(seed: seed)
            let port = try freePort()
            let station = try Station(ports: [.init("locators", "jt808", listen: port)])
            try station.start()
            var good: [Presser] = []
            var others: [Wire] = []
            for number in UInt32(1)...200 {
                let wire = try Wire.connect(port: port)
                switch number % 10 {
                case 0: others.append(wire)
                case 1:
                    // Stops in the middle of a frame.
                    wire.send([0x7E, 0x02, 0x00])
                    wire.endSending()
                    others.append(wire)
                case 2, 3:
                    wire.send((0..<2_000).map { _ in UInt8(truncatingIfNeeded: random.next()) })
                    others.append(wire)
                default: good.append(try Presser("jt808", on: wire, device: number, window: 4))
                }
            }
            #expect(
                try work(good, beside: others, within: .seconds(60)) {
                    for other in others { _ = other.receive() }
                    return good.allSatisfy { $0.answered.count >= 20 }
                }, "seed \(seed)")
            for presser in good {
                presser.isPressing = false
                // A device may send its last word and then wait for the reply.
                presser.wire.endSending()
            }
            #expect(try work(good) { good.allSatisfy(\.unanswered.isEmpty) }, "seed \(seed)")
            #expect(try station.desk.health().status == 200)
            #expect(station.stop() == 0)
            let stored = Set(try station.storedEvents().events.map(\.raw))
            #expect(good.flatMap(\.answered).allSatisfy(stored.contains), "seed \(seed)")
        }
    }
}

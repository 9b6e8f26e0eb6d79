import AlarmModel
import EventJSON
import Foundation
import StationCore
import StationLedger
import Testing
import WireProtocols

/// Whatever was stored can be read: every value that a decoder lets in has a form everywhere.
@Suite("Rendering")
struct RenderingTests {
    /// Every draft of every vector, as the station would store it.
    private static func events(_ test: CorpusCase) throws -> [Event] {
        let drafts = try test.run(test.chunks).drafts
        return drafts.enumerated().map { index, draft in
            let number = UInt64(index)
            return Event(
                id: UUIDv7(high: number << 16 | 0x7000, low: 0x8000_0000_0000_0000 | number),
                sequence: Sequence(rawValue: Int64(index) + 1), protocolID: test.descriptor.id,
                wire: Wire("port", portName: "port", peer: "192.0.2.7:47396"),
                received: Moment(
                    wall: WallTime(microseconds: 1_795_253_160_123_456),
                    monotonic: MonotonicTime(microseconds: 5)),
                priority: draft.priority, draft: draft, raw: test.bytes)
        }
    }

    @Test("Every draft of every protocol is valid JSON, with and without a station")
    func json() throws {
        for test in VectorCorpus.cases {
            for event in try Self.events(test) {
                for bytes in [
                    eventJSON(event),
                    draftJSON(event.draft, protocolID: event.protocolID, raw: event.raw),
                ] {
                    let object = try JSONSerialization.jsonObject(with: Data(bytes))
                    let fields = try #require(object as? [String: Any], "\(test)")
                    #expect(fields["kind"] as? String == event.kind.rawValue)
                }
            }
        }
    }

    @Test("Every row of every protocol is read back from a ledger as it was")
    func ledger() throws {
        let folder = NSTemporaryDirectory() + "tocsin-rendering-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (ledger, _) = try Ledger.open(path: folder + "/ledger.sqlite", boot: nil)
        defer { ledger.close() }
        var stored: [Event] = []
        for test in VectorCorpus.cases {
            for event in try Self.events(test) where !event.kind.isTelemetry {
                var event = event
                event.sequence = Sequence(rawValue: Int64(stored.count) + 1)
                stored.append(event)
            }
        }
        try ledger.commit(stored.map { LedgerEntry(records: [.event($0)]) })
        let read = try ledger.records(after: 0, limit: .max).compactMap(\.event)
        #expect(read.count == stored.count && stored.count > 500)
        for (read, stored) in zip(read, stored) where read != stored {
            Issue.record("stored \(stored), read \(read)")
        }
    }

    @Test(
        "A time that no calendar has is stopped at the decoder, and the press is told all the same")
    func clocks() throws {
        let sayable = WallTime.sayable
        for microseconds in [
            Int64.min, .min + 1, .max, sayable.lowerBound.microseconds - 1,
            sayable.upperBound.microseconds + 1, sayable.lowerBound.microseconds,
            sayable.upperBound.microseconds, 0,
        ] {
            let time = WallTime(microseconds: microseconds)
            // Rendering is total for whatever the model can hold.
            #expect(WallTime(rfc3339: time.rfc3339) != nil, "\(microseconds)")
            var draft = WordedDraft(.sos, address: "1")
            draft.reportedAt = time
            let json = draftJSON(draft, protocolID: "tocsin-link", raw: [])
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json)) }
        }
    }
}

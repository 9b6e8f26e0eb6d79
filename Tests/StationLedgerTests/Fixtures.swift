import AlarmModel
import Foundation
import Testing

@testable import StationLedger

/// A folder that is there for one test.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "tocsin-ledger-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var ledgerPath: String { path + "/ledger.sqlite" }
    var walPath: String { ledgerPath + "-wal" }

    func logBytes() throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: walPath)[.size] as? Int)
    }

    /// The files as a power cut now would leave them, had the disk kept every write.
    func afterPowerCut() throws -> Folder {
        let copy = try Folder()
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: ledgerPath + end, toPath: copy.ledgerPath + end)
        }
        return copy
    }
}

/// What a writer reports, to be awaited one by one.
final class Reports {
    private var reports: AsyncStream<CommitReport>.AsyncIterator
    private let tell: AsyncStream<CommitReport>.Continuation

    init() {
        let (stream, tell) = AsyncStream.makeStream(of: CommitReport.self)
        reports = stream.makeAsyncIterator()
        self.tell = tell
    }

    func writer(
        _ target: any EntryCommitting, retry: TimeSpan = Limits.ledgerRetry
    ) -> LedgerWriter {
        LedgerWriter(target, retry: retry) { [tell] in tell.yield($0) }
    }

    func next() async -> CommitReport? { await reports.next() }

    /// Stops the writer and returns what it reported and nobody has awaited.
    func rest(_ writer: LedgerWriter) async -> [CommitReport] {
        writer.stop()
        tell.finish()
        var rest: [CommitReport] = []
        while let report = await next() { rest.append(report) }
        return rest
    }
}

extension Ledger {
    static func open(_ folder: Folder) throws -> Ledger {
        try open(path: folder.ledgerPath, boot: bootID(1)).ledger
    }
}

/// SplitMix64: small, and the same on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func integer<Integer: FixedWidthInteger>() -> Integer {
        // The ends of the range are where a column is too narrow.
        switch next() % 8 {
        case 0: .min
        case 1: .max
        default: Integer(truncatingIfNeeded: next())
        }
    }

    mutating func flag() -> Bool { next() & 1 == 0 }

    mutating func maybe<Value>(_ make: (inout SeededRandom) -> Value) -> Value? {
        flag() ? make(&self) : nil
    }

    mutating func bytes(below count: UInt64) -> [UInt8] {
        (0..<next() % count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Any bytes: what a broken device puts into an address, NUL included.
    mutating func shortText() -> ShortText {
        if flag() { return ShortText(String(next(), radix: 36)) }
        var text = ShortText()
        for byte in bytes(below: 24) { text.append(byte) }
        return text
    }

    mutating func text() -> String {
        let words = ["Sturz im Bad", "摔倒", "", "a\u{0}b", "e\u{301}", "'; DROP TABLE event; --"]
        return (0..<next() % 3).map { _ in words[Int(next() % 6)] }.joined()
    }

    mutating func wall() -> WallTime { WallTime(microseconds: integer()) }
}

let storedKinds = EventKind.allCases.filter { !$0.isTelemetry }

extension Event {
    /// An event with nothing but what every event has.
    static func plain(_ sequence: Sequence, kind: EventKind = .sos) -> Event {
        let number = UInt64(sequence.rawValue)
        return Event(
            id: UUIDv7(high: number << 16 | 0x7000, low: 0x8000_0000_0000_0000),
            sequence: sequence, protocolID: "surgard",
            wire: Wire("receiver-1"),
            received: Moment(
                wall: WallTime(microseconds: 1_700_000_000_000_000),
                monotonic: MonotonicTime(microseconds: 1_000_000)),
            boot: bootID(1), priority: kind.priority, draft: WordedDraft(kind, address: "1234"),
            raw: [0x02, 0x31, 0x14])
    }

    /// An event in which every field is anything that its type can hold.
    static func random(
        _ sequence: Sequence, kind: EventKind, using random: inout SeededRandom
    ) -> Event {
        var draft = WordedDraft(kind, address: random.maybe { $0.shortText() })
        draft.isRestored = random.flag()
        draft.isTest = random.flag()
        draft.isLate = random.flag()
        draft.reportedAt = random.maybe { $0.wall() }
        draft.position = random.maybe { random in
            Position(
                latitudeE7: random.integer(), longitudeE7: random.integer(),
                isValid: random.flag(), fixedAt: random.maybe { $0.wall() },
                accuracyCentimeters: random.maybe { $0.integer() },
                altitudeCentimeters: random.maybe { $0.integer() },
                speedMillimetersPerSecond: random.maybe { $0.integer() },
                courseCentidegrees: random.maybe { $0.integer() })
        }
        draft.code = random.maybe { $0.shortText() }
        draft.partition = random.maybe { $0.integer() }
        draft.zone = random.maybe { $0.integer() }
        draft.fence = random.maybe { $0.shortText() }
        draft.batteryPercent = random.maybe { $0.integer() }
        draft.signalPercent = random.maybe { $0.integer() }
        draft.deviceSerial = random.maybe { $0.integer() }
        draft.text = random.maybe { $0.text() }
        draft.heldBit = random.maybe { $0.integer() }
        draft.heldConditions = random.maybe { $0.integer() }
        return Event(
            id: UUIDv7(high: random.next(), low: random.next()), sequence: sequence,
            protocolID: ProtocolID(rawValue: random.text()),
            wire: Wire(
                PortID(rawValue: random.text()), portName: random.maybe { $0.text() },
                peer: random.maybe { $0.text() }),
            received: Moment(
                wall: random.wall(), monotonic: MonotonicTime(microseconds: random.integer())),
            boot: bootID(1), priority: random.flag() ? .emergency : draft.priority, draft: draft,
            raw: random.bytes(below: 40))
    }
}

extension Alert {
    /// One that its opening event, and so the ledger, knows.
    static func opened(by event: inout Event) -> Alert {
        event.alert = AlertReference(id: event.id, opened: event.sequence)
        return Alert(openedBy: event)
    }
}

extension Change {
    static func plain(
        _ sequence: Sequence, of alert: Alert, _ draft: ChangeDraft
    ) -> Change {
        Change(
            id: UUIDv7(high: UInt64(sequence.rawValue) << 16 | 0x7000, low: 0x8000_0000_0000_0001),
            sequence: sequence, alert: alert.reference, version: alert.version,
            at: Moment(
                wall: WallTime(microseconds: 1_700_000_001_000_000),
                monotonic: MonotonicTime(microseconds: 2_000_000)),
            boot: bootID(1), draft: draft)
    }
}

extension LedgerEntry {
    static func event(_ event: Event, _ alert: Alert? = nil) -> LedgerEntry {
        LedgerEntry(records: [.event(event)], alerts: alert.map { [$0] } ?? [])
    }

    /// `alert` once `draft` has happened to it.
    static func change(
        _ sequence: Sequence, _ draft: ChangeDraft, of alert: inout Alert
    ) -> LedgerEntry {
        let change = Change.plain(sequence, of: alert, draft)
        alert.apply(draft, at: change.at.wall)
        var made = change
        made.version = alert.version
        return LedgerEntry(records: [.change(made)], alerts: [alert])
    }
}

/// GRDB has a class of this name.
typealias Record = AlarmModel.Record

extension Ledger {
    func events(
        after: Sequence, through: Sequence? = nil, limit: Int
    ) throws(LedgerError) -> [Event] {
        try records(after: after, through: through, limit: limit).compactMap(\.event)
    }

    func alerts(
        states: Set<Alert.State>, limit: Int
    ) throws(LedgerError) -> [StoredAlert] {
        try alerts(AlertFilter(states: states), limit: limit).alerts
    }
}

func bootID(_ number: Int) -> BootID { BootID(high: 0xB007, low: UInt64(number)) }

func entries(_ range: ClosedRange<Int64>) -> [LedgerEntry] {
    range.map { .event(.plain(Sequence(rawValue: $0))) }
}

func sequences(_ events: [Event]) -> [Int64] { events.map(\.sequence.rawValue) }

/// The kind of the error that `body` throws, nil when it throws none.
func kind(of body: () throws -> Void) -> LedgerError.Kind? {
    do {
        try body()
        return nil
    } catch {
        return (error as? LedgerError)?.kind
    }
}

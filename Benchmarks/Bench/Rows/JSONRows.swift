import AlarmModel
import CBaselines
import EventJSON

/// The station's own writing of an event against plain C that writes the same bytes.
enum JSONRows {
    static func measure() throws -> [Row] {
        let events = (1...500).map { Event.sample($0) }
        var line = [UInt8](repeating: 0, count: 4_096)
        for event in events { try compare(event, &line) }
        var bytes = 0
        let plain = events.map { PlainEvent($0) }
        let seconds = Stopwatch.fastest(
            passes: 200,
            [
                { for event in events { bytes &+= eventJSON(event).count } },
                { for event in plain { bytes &+= event.write(to: &line) } },
            ])
        guard bytes > 0 else { throw Unmeasured("nothing was written") }
        let rates = seconds.map { Figure.rate(Double(events.count) / $0, of: "events") }
        return [
            Row(
                what: "event to JSON", ours: rates[0], baseline: rates[1],
                against: "plain C, the same bytes", goal: .ratio(0.6))
        ]
    }

    /// Both have to say the same.
    private static func compare(_ event: Event, _ line: inout [UInt8]) throws {
        let ours = eventJSON(event)
        let count = PlainEvent(event).write(to: &line)
        guard ours.elementsEqual(line[..<count]) else {
            throw Unmeasured(
                "the two differ: \(String(decoding: ours, as: UTF8.self)) and "
                    + String(decoding: line[..<count], as: UTF8.self))
        }
    }
}

/// An event as a C program has it; its fields are those of ``Event/sample(_:)``.
@safe private final class PlainEvent {
    private var record = unsafe baseline_record()
    private var event = baseline_event()
    private let words: [UnsafeMutablePointer<CChar>]
    private let raw: UnsafeMutableBufferPointer<UInt8>

    init(_ sample: Event) {
        let draft = sample.draft
        unsafe words = [
            sample.kind.rawValue, sample.priority.rawValue, sample.protocolID.rawValue,
            sample.wire.portID.rawValue, sample.wire.portName ?? "",
        ].map { text in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
            for (index, byte) in (Array(text.utf8) + [0]).enumerated() {
                unsafe copy[index] = CChar(bitPattern: byte)
            }
            return unsafe copy
        }
        unsafe raw = .allocate(capacity: sample.raw.count)
        _ = unsafe raw.initialize(from: sample.raw)
        unsafe (record.kind, record.priority, record.protocol) = (
            UnsafePointer(words[0]), UnsafePointer(words[1]), UnsafePointer(words[2])
        )
        unsafe (record.port, record.port_name) = (UnsafePointer(words[3]), UnsafePointer(words[4]))
        unsafe record.raw = UnsafePointer(raw.baseAddress)
        unsafe record.raw_count = raw.count
        unsafe record.sequence = sample.sequence.rawValue
        unsafe record.received_at = sample.received.wall.microseconds
        unsafe record.monotonic = sample.received.monotonic.microseconds
        unsafe withUnsafeMutableBytes(of: &record.id) { id in
            for (index, word) in [sample.id.high, sample.id.low].enumerated() {
                unsafe id.storeBytes(of: word.bigEndian, toByteOffset: index * 8, as: UInt64.self)
            }
        }
        event.is_restored = draft.isRestored ? 1 : 0
        event.is_test = draft.isTest ? 1 : 0
        event.is_late = draft.isLate ? 1 : 0
        event.battery = draft.batteryPercent ?? 255
        event.signal = draft.signalPercent ?? 255
        event.serial = draft.deviceSerial ?? 0
        event.reported_at = draft.reportedAt?.microseconds ?? .min
        Self.set(&event.address, draft.address)
        Self.set(&event.code, draft.code)
        guard let place = draft.position else { return }
        event.has_position = 1
        event.position = baseline_position(
            latitude: place.latitudeE7, longitude: place.longitudeE7,
            accuracy: place.accuracyCentimeters ?? 0, altitude: place.altitudeCentimeters ?? 0,
            speed: place.speedMillimetersPerSecond ?? 0, course: place.courseCentidegrees ?? 0,
            fixed_at: place.fixedAt?.microseconds ?? .min, is_valid: place.isValid ? 1 : 0)
    }

    deinit {
        unsafe words.forEach { unsafe $0.deallocate() }
        unsafe raw.deallocate()
    }

    func write(to line: inout [UInt8]) -> Int {
        unsafe line.withUnsafeMutableBytes { bytes in
            unsafe baseline_event_json(
                &record, &event, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
    }

    private static func set(_ text: inout baseline_text, _ value: ShortText?) {
        guard let value else { return }
        text.count = UInt8(value.count)
        unsafe withUnsafeMutableBytes(of: &text.bytes) { bytes in
            for index in 0..<value.count { unsafe bytes[index] = value[index] }
        }
    }
}

import AlarmModel
import EventJSON
import Foundation

/// The station's own writing of an event against `JSONEncoder` with the same fields.
enum JSONRows {
    static func measure() throws -> [Row] {
        let events = (1...500).map { Event.sample($0) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        for event in events { try compare(eventJSON(event), encoder.encode(EncodableEvent(event))) }
        var bytes = 0
        let seconds = Stopwatch.fastest(
            passes: 40,
            [
                { for event in events { bytes &+= eventJSON(event).count } },
                {
                    for event in events {
                        bytes &+= (try? encoder.encode(EncodableEvent(event)))?.count ?? 0
                    }
                },
            ])
        guard bytes > 0 else { throw Unmeasured("nothing was encoded") }
        let rates = seconds.map { Figure.rate(Double(events.count) / $0, of: "events") }
        return [
            Row(
                what: "event to JSON", ours: rates[0], baseline: rates[1],
                against: "JSONEncoder, the same fields")
        ]
    }

    /// Both have to say the same.
    private static func compare(_ ours: [UInt8], _ theirs: Data) throws {
        let values = try [Data(ours), theirs].map {
            try JSONSerialization.jsonObject(with: $0) as? NSDictionary
        }
        guard values[0] != nil, values[0] == values[1] else {
            throw Unmeasured(
                "the two differ: \(String(decoding: ours, as: UTF8.self)) and "
                    + String(decoding: theirs, as: UTF8.self))
        }
    }
}

/// An event as one would write it for `JSONEncoder`; its fields are those of ``Event/sample(_:)``.
private struct EncodableEvent: Encodable {
    struct Device: Encodable {
        var `protocol`: String
        var address: String
    }

    struct Place: Encodable {
        var latitude, longitude: Double
        var valid: Bool
        var fixedAt: String?
        var accuracyMeters, altitudeMeters, speedMetersPerSecond, courseDegrees: Double?

        init(_ position: Position) {
            latitude = Double(position.latitudeE7) / 1e7
            longitude = Double(position.longitudeE7) / 1e7
            valid = position.isValid
            fixedAt = position.fixedAt?.rfc3339
            accuracyMeters = position.accuracyCentimeters.map { Double($0) / 100 }
            altitudeMeters = position.altitudeCentimeters.map { Double($0) / 100 }
            speedMetersPerSecond = position.speedMillimetersPerSecond.map { Double($0) / 1_000 }
            courseDegrees = position.courseCentidegrees.map { Double($0) / 100 }
        }
    }

    var id: String
    var sequence: Int64
    var kind, priority: String
    var restored, test, late: Bool
    var device: Device?
    var port, receivedAt: String
    var reportedAt: String?
    var position: Place?
    var code: String?
    var batteryPercent, signalPercent: UInt8?
    var deviceSerial: UInt32?
    var raw: String

    init(_ event: Event) {
        id = event.id.description
        sequence = event.sequence.rawValue
        kind = event.kind.rawValue
        priority = event.priority.rawValue
        restored = event.draft.isRestored
        test = event.draft.isTest
        late = event.draft.isLate
        device = event.device.map {
            Device(protocol: $0.protocolID.rawValue, address: $0.address.string)
        }
        port = event.wire.portID.rawValue
        receivedAt = event.received.wall.rfc3339
        reportedAt = event.draft.reportedAt?.rfc3339
        position = event.draft.position.map { Place($0) }
        code = event.draft.code?.string
        batteryPercent = event.draft.batteryPercent
        signalPercent = event.draft.signalPercent
        deviceSerial = event.draft.deviceSerial
        raw = hexText(event.raw)
    }
}

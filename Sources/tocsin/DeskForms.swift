import Foundation

/// What the commands read of the desk's JSON: only the fields that they print.
struct EventForm: Decodable {
    struct Device: Decodable {
        var `protocol`: String
        var address: String
    }

    struct Position: Decodable {
        var latitude: Double
        var longitude: Double
        var valid: Bool
    }

    struct Gap: Decodable {
        var from: Int64
        var to: Int64
    }

    var sequence: Int64?
    var kind: String?
    var priority: String?
    var restored: Bool?
    var test: Bool?
    var late: Bool?
    var device: Device?
    var port: String?
    var portName: String?
    var peer: String?
    var scope: String?
    var receivedAt: String?
    var position: Position?
    var code: String?
    var partition: Int?
    var zone: Int?
    /// How many presses the record stands for, in a storm.
    var count: Int?
    var fence: String?
    var batteryPercent: Int?
    var text: String?
    /// Set instead of all else when the stream has left something out.
    var gap: Gap?

    // What a change has instead of a kind.
    var change: String?
    var alert: String?
    var at: String?
    var by: String?
    var note: String?
    var outcome: String?
    var until: String?
    var responder: String?
    var stage: String?
}

struct AlertForm: Decodable {
    struct Change: Decodable {
        var change: String
        var by: String
        var at: String
        var outcome: String?
    }

    var id: String
    var changes: [Change]
    var state: String
    var kind: String
    var priority: String
    var owner: String?
    var test: Bool
    var device: EventForm.Device?
    var scope: String?
    var port: String?
    var portName: String?
    var partition: Int?
    var zone: Int?
    var text: String?
    var openedAt: String
    var parkedUntil: String?
    var eventCount: Int
    var restored: Bool
}

struct DeviceForm: Decodable {
    var `protocol`: String
    var address: String?
    var scope: String?
    var port: String?
    var portName: String?
    var peer: String?
    var lastHeardAt: String
    var position: EventForm.Position?
    var batteryPercent: Int?
    var signalPercent: Int?
}

struct PortForm: Decodable {
    var name: String
    var id: String?
    var path: String?
    var `protocol`: String
    var state: String
    var reason: String?
    var remedy: String?
    var lastHeardAt: String?
    var counters: [String: UInt64]
}

func decodeJSON<Form: Decodable>(_ type: Form.Type, _ bytes: [UInt8]) throws -> Form {
    try JSONDecoder().decode(type, from: Data(bytes))
}

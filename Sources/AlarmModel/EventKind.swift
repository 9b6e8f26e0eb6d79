/// What happened, in the station's own words, whichever protocol said it.
///
/// The raw value is the name in JSON, in vectors and in the ledger.
public enum EventKind: String, CaseIterable, Sendable {
    // emergency
    case sos, fall, medical, duress, fire, smoke, gas, carbonMonoxide
    // warning
    case geofenceExit, inactivity, intrusion, flood, helpNeeded, removed, unknown
    // trouble
    case batteryLow, tamper, powerLost, supervisionLost, communicationFault, deviceFault
    // information
    case geofenceEnter, cancel, helpArrived, serviceRequest, test, checkIn, position

    /// How soon a person has to look at it, before any site raises it.
    public var priority: Priority {
        switch self {
        case .sos, .fall, .medical, .duress, .fire, .smoke, .gas, .carbonMonoxide: .emergency
        case .geofenceExit, .inactivity, .intrusion, .flood, .helpNeeded, .removed, .unknown:
            .warning
        case .batteryLow, .tamper, .powerLost, .supervisionLost, .communicationFault, .deviceFault:
            .trouble
        case .geofenceEnter, .cancel, .helpArrived, .serviceRequest, .test, .checkIn, .position:
            .information
        }
    }

    /// Telemetry is state: it updates what is known of a device, is shown to stream clients that
    /// ask for it, and never becomes a row of the ledger or waits before an alarm.
    @inlinable public var isTelemetry: Bool {
        switch self {
        case .checkIn, .position: true
        default: false
        }
    }
}

/// How soon a person has to look: the raw value is its name in JSON and filters.
public enum Priority: String, CaseIterable, Comparable, Sendable {
    case emergency, warning, trouble, information

    /// 0 is the most urgent.
    public var rank: Int {
        switch self {
        case .emergency: 0
        case .warning: 1
        case .trouble: 2
        case .information: 3
        }
    }

    /// Urgent sorts before less urgent.
    public static func < (a: Priority, b: Priority) -> Bool { a.rank < b.rank }
}

/// What a message says, before the station has numbered and stored it. A protocol makes these.
///
/// All of it lies in one fixed block of plain bytes: a decoder fills it and hands it on at the cost
/// of a short copy, without a heap allocation or a reference count. That is why words, which have
/// no fixed length, travel beside it.
public struct EventDraft: Equatable, Sendable {
    public var kind: EventKind
    @usableFromInline var marks: Marks
    /// Which of the fields below are said; one that is not holds its empty value, so that two
    /// drafts that say the same are equal.
    @usableFromInline var said = Said()
    @usableFromInline var storedBattery: UInt8 = 0
    @usableFromInline var storedSignal: UInt8 = 0
    @usableFromInline var storedHeldBit: UInt8 = 0
    @usableFromInline var storedPartition: UInt16 = 0
    @usableFromInline var storedZone: UInt32 = 0
    @usableFromInline var storedSerial: UInt32 = 0
    @usableFromInline var storedHeldConditions: UInt32 = 0
    @usableFromInline var storedReportedAt: Int64 = 0
    @usableFromInline var storedPosition = Position()
    @usableFromInline var storedAddress: ShortText
    @usableFromInline var storedScope = ShortText()
    @usableFromInline var storedCode = ShortText()
    @usableFromInline var storedFence = ShortText()

    @inlinable @inline(__always)
    public init(_ kind: EventKind, address: ShortText? = nil) {
        self.kind = kind
        marks = Marks()
        storedAddress = address ?? ShortText()
    }

    @usableFromInline struct Marks: OptionSet, Equatable, Sendable {
        @usableFromInline let rawValue: UInt8
        @inlinable @inline(__always) init(rawValue: UInt8) { self.rawValue = rawValue }

        @inlinable static var restored: Marks { Marks(rawValue: 1) }
        @inlinable static var test: Marks { Marks(rawValue: 2) }
        @inlinable static var late: Marks { Marks(rawValue: 4) }
        @inlinable static var zoneIsUser: Marks { Marks(rawValue: 8) }
    }

    @usableFromInline struct Said: OptionSet, Equatable, Sendable {
        @usableFromInline let rawValue: UInt16
        @inlinable @inline(__always) init(rawValue: UInt16) { self.rawValue = rawValue }

        @inlinable static var battery: Said { Said(rawValue: 1) }
        @inlinable static var signal: Said { Said(rawValue: 2) }
        @inlinable static var heldBit: Said { Said(rawValue: 4) }
        @inlinable static var partition: Said { Said(rawValue: 8) }
        @inlinable static var zone: Said { Said(rawValue: 16) }
        @inlinable static var serial: Said { Said(rawValue: 32) }
        @inlinable static var heldConditions: Said { Said(rawValue: 64) }
        @inlinable static var position: Said { Said(rawValue: 128) }
        @inlinable static var reportedAt: Said { Said(rawValue: 256) }
    }
}

extension EventDraft {
    /// The condition has ended: annotates an alert, never ends it.
    @inlinable public var isRestored: Bool {
        @inline(__always) get { marks.contains(.restored) }
        @inline(__always) set {
            marks = newValue ? marks.union(.restored) : marks.subtracting(.restored)
        }
    }

    /// Its sender marked the message as a test.
    @inlinable public var isTest: Bool {
        @inline(__always) get { marks.contains(.test) }
        @inline(__always) set { marks = newValue ? marks.union(.test) : marks.subtracting(.test) }
    }

    /// The device says that it sends this from its buffer.
    @inlinable public var isLate: Bool {
        @inline(__always) get { marks.contains(.late) }
        @inline(__always) set { marks = newValue ? marks.union(.late) : marks.subtracting(.late) }
    }

    /// What stands in `zone` counts people.
    @inlinable public var zoneIsUser: Bool {
        @inline(__always) get { marks.contains(.zoneIsUser) }
        @inline(__always) set {
            marks = newValue ? marks.union(.zoneIsUser) : marks.subtracting(.zoneIsUser)
        }
    }

    /// As the wire says it; nil where the wire names no device.
    @inlinable public var address: ShortText? {
        @inline(__always) get { storedAddress.isEmpty ? nil : storedAddress }
        @inline(__always) set { storedAddress = newValue ?? ShortText() }
    }

    /// Within what the address was given out, where the wire says so and the same address may be
    /// somebody else's in the next: receiver and line that took a call, the model of a sensor.
    @inlinable public var scope: ShortText? {
        @inline(__always) get { storedScope.isEmpty ? nil : storedScope }
        @inline(__always) set { storedScope = newValue ?? ShortText() }
    }

    /// The protocol's own alarm code as the wire has it: `1101`, `20`, `GTSOS`.
    @inlinable public var code: ShortText? {
        @inline(__always) get { storedCode.isEmpty ? nil : storedCode }
        @inline(__always) set { storedCode = newValue ?? ShortText() }
    }

    /// The geofence by the name or number that the wire has for it.
    @inlinable public var fence: ShortText? {
        @inline(__always) get { storedFence.isEmpty ? nil : storedFence }
        @inline(__always) set { storedFence = newValue ?? ShortText() }
    }

    /// The device's own time. It decides nothing.
    @inlinable public var reportedAt: WallTime? {
        @inline(__always) get {
            said.contains(.reportedAt) ? WallTime(microseconds: storedReportedAt) : nil
        }
        @inline(__always) set {
            storedReportedAt = newValue?.microseconds ?? 0
            say(.reportedAt, newValue != nil)
        }
    }

    @inlinable public var position: Position? {
        @inline(__always) get { said.contains(.position) ? storedPosition : nil }
        @inline(__always) set {
            storedPosition = newValue ?? Position()
            say(.position, newValue != nil)
        }
    }

    @inlinable public var partition: UInt16? {
        @inline(__always) get { said.contains(.partition) ? storedPartition : nil }
        @inline(__always) set {
            storedPartition = newValue ?? 0
            say(.partition, newValue != nil)
        }
    }

    @inlinable public var zone: UInt32? {
        @inline(__always) get { said.contains(.zone) ? storedZone : nil }
        @inline(__always) set {
            storedZone = newValue ?? 0
            say(.zone, newValue != nil)
        }
    }

    /// 0...100.
    @inlinable public var batteryPercent: UInt8? {
        @inline(__always) get { said.contains(.battery) ? storedBattery : nil }
        @inline(__always) set {
            storedBattery = newValue ?? 0
            say(.battery, newValue != nil)
        }
    }

    /// Radio signal, 0...100.
    @inlinable public var signalPercent: UInt8? {
        @inline(__always) get { said.contains(.signal) ? storedSignal : nil }
        @inline(__always) set {
            storedSignal = newValue ?? 0
            say(.signal, newValue != nil)
        }
    }

    /// The device's own number for this message.
    @inlinable public var deviceSerial: UInt32? {
        @inline(__always) get { said.contains(.serial) ? storedSerial : nil }
        @inline(__always) set {
            storedSerial = newValue ?? 0
            say(.serial, newValue != nil)
        }
    }

    /// Set when the wire repeats this in every message for as long as it lasts: the bit that it
    /// has in ``heldConditions``. Such an event counts when the bit rises.
    @inlinable public var heldBit: UInt8? {
        @inline(__always) get { said.contains(.heldBit) ? storedHeldBit : nil }
        @inline(__always) set {
            storedHeldBit = newValue ?? 0
            say(.heldBit, newValue != nil)
        }
    }

    /// All such bits of the message, on its telemetry draft, so that the station sees them fall.
    @inlinable public var heldConditions: UInt32? {
        @inline(__always) get { said.contains(.heldConditions) ? storedHeldConditions : nil }
        @inline(__always) set {
            storedHeldConditions = newValue ?? 0
            say(.heldConditions, newValue != nil)
        }
    }

    @inlinable @inline(__always)
    mutating func say(_ field: Said, _ isSaid: Bool) {
        said = isSaid ? said.union(field) : said.subtracting(field)
    }

    /// What an operator reads: whose number the zone is where it is a person's, and `text`.
    public func words(with text: String?) -> String? {
        guard zoneIsUser, let zone else { return text }
        return text.map { "user \(zone), \($0)" } ?? "user \(zone)"
    }
}

/// A draft with all that it says in words: what is kept of it once it has left the decoder.
@dynamicMemberLookup
public struct WordedDraft: Equatable, Sendable {
    public var draft: EventDraft
    public var text: String?

    /// - Parameter text: of the message; whose number the zone is goes in front of it.
    public init(_ draft: EventDraft, text: String? = nil) {
        self.draft = draft
        self.draft.zoneIsUser = false
        self.text = draft.words(with: text)
    }

    public init(_ kind: EventKind, address: ShortText? = nil) {
        self.init(EventDraft(kind, address: address))
    }

    /// How soon a person has to look, before any site raises it. What its sender marks as a test
    /// is no emergency.
    public var priority: Priority {
        draft.isTest ? .information : draft.kind.priority
    }

    public subscript<Value>(dynamicMember field: WritableKeyPath<EventDraft, Value>) -> Value {
        get { draft[keyPath: field] }
        set { draft[keyPath: field] = newValue }
    }
}

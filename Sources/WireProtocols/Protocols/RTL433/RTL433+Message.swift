import AlarmModel

extension RTL433 {
    /// One line, as far as it can mean something here.
    public struct Message: Equatable, Sendable {
        /// The first 23 bytes of the name that rtl_433 has for the model; empty where a line is of
        /// the program itself.
        public var model: ShortText
        /// As the line has it, letters or a number; empty where there is none.
        public var id: ShortText
        public var fields: Fields

        public init(_ model: ShortText, id: ShortText = ShortText(), _ fields: Fields = Fields()) {
            self.model = model
            self.id = id
            self.fields = fields
        }
    }

    /// The members of a line that are read. The raw value is its place in ``Key/names``.
    public enum Key: UInt8, CaseIterable, Sendable {
        // Of the models in the table.
        case code, cmd, commandID, state, event, sensorType, subtype, message, extraData, alert
        case button, learn, tamper, tampered, batteryOK, closed, contactOpen
        case switch1, switch2, switch3, switch4, switch5
        // Of any model, where they say that something is wrong.
        case alarm, panic, sos, emergency, smoke, fire, gas, water, leak, text
    }

    /// The members of a line that are read, in its order; strings without their escapes, cut after
    /// 23 bytes.
    public struct Fields: Equatable, Sendable {
        /// No model has more; of one that has, the last are left out.
        public static let capacity = 12

        private var keys = [12 of Key](repeating: .text)
        private var values = [12 of ShortText](repeating: ShortText())
        public private(set) var count = 0

        public init() {}

        public init(_ fields: KeyValuePairs<Key, ShortText>) {
            for (key, value) in fields { append(key, value) }
        }

        /// The first value of a key counts.
        public mutating func append(_ key: Key, _ value: ShortText) {
            guard count < Self.capacity, self[key] == nil else { return }
            var keySpan = keys.mutableSpan
            keySpan[count] = key
            var valueSpan = values.mutableSpan
            valueSpan[count] = value
            count += 1
        }

        public subscript(key: Key) -> ShortText? {
            for index in 0..<count where keys.span[index] == key { return values.span[index] }
            return nil
        }

        public func key(at index: Int) -> Key { keys.span[index] }
        public func value(at index: Int) -> ShortText { values.span[index] }

        public static func == (a: Fields, b: Fields) -> Bool {
            guard a.count == b.count else { return false }
            for index in 0..<a.count {
                guard a.key(at: index) == b.key(at: index),
                    a.value(at: index) == b.value(at: index)
                else { return false }
            }
            return true
        }
    }

    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        var members = JSONMembers()
        var message = Message("")
        while let member = members.next(in: frame) {
            guard member.type != .passed else { continue }
            let name = frame.unescaped(member.name)
            if name == modelName, message.model.isEmpty {
                message.model = frame.unescaped(member.value)
            } else if name == idName, message.id.isEmpty {
                message.id = frame.unescaped(member.value)
            } else if let key = Key(name) {
                message.fields.append(key, frame.unescaped(member.value))
            }
        }
        guard members.isWhole else { throw .unknownFormat }
        return message
    }

    static let modelName: ShortText = "model"
    static let idName: ShortText = "id"
}

extension RTL433.Key {
    /// In the order of the cases.
    static let names: [ShortText] = [
        "code", "cmd", "cmd_id", "state", "event", "stype", "subtype", "message", "extradata",
        "alert", "button", "learn", "tamper", "tampered", "battery_ok", "closed", "contact_open",
        "switch1", "switch2", "switch3", "switch4", "switch5", "alarm", "panic", "sos",
        "emergency", "smoke", "fire", "gas", "water", "leak", "text",
    ]

    init?(_ name: ShortText) {
        guard let place = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(place))
    }

    var name: ShortText { Self.names[Int(rawValue)] }
}

extension Span<UInt8> {
    /// What a string says, its first 23 bytes. Escaped characters beyond ASCII are `?`.
    fileprivate func unescaped(_ range: Range<Int>) -> ShortText {
        let count = range.count
        if count > 0, count <= 16, range.lowerBound + 16 <= self.count {
            let (low, high) = (word(at: range.lowerBound), word(at: range.lowerBound + 8))
            let text = ShortText(littleEndian: low, high, count: count)
            if !hasEscape(range) { return text }
        }
        var text = ShortText()
        var at = range.lowerBound
        while at < range.upperBound {
            guard self[at] == UInt8(ascii: "\\"), at + 1 < range.upperBound else {
                text.append(self[at])
                at += 1
                continue
            }
            let isCoded = self[at + 1] == UInt8(ascii: "u")
            text.append(isCoded ? character(at: at + 2) : Self.character(escapedBy: self[at + 1]))
            at += isCoded ? 6 : 2
        }
        return text
    }

    private func hasEscape(_ range: Range<Int>) -> Bool {
        for index in range where self[index] == UInt8(ascii: "\\") { return true }
        return false
    }

    /// Of four hexadecimal digits.
    private func character(at offset: Int) -> UInt8 {
        var value = 0
        for index in offset..<offset + 4 { value = value << 4 | Int(hexValue(self[index]) ?? 0) }
        return value < 0x80 ? UInt8(value) : UInt8(ascii: "?")
    }

    private static func character(escapedBy letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }
}

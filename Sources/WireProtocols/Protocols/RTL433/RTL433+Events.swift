import AlarmModel

extension RTL433 {
    public static func events(
        of message: Message, in session: inout RTL433Session, _ body: borrowing EventBody
    ) {
        guard let index = modelIndex(of: message) else {
            return strangeEvents(of: message, in: &session, body)
        }
        var draft = draft(of: message)
        if session.isCopy(message) { return body(draft, "copy") }
        let model = models[index]
        let found = matches(message, model)
        var isTold = false
        for rank in 0..<4 {
            for index in model.rules.indices where found >> UInt32(index) & 1 == 1 {
                let rule = model.rules[index]
                let kind = session.kind(of: rule, message)
                guard kind.priority.rank == rank, !kind.isTelemetry,
                    !isToldBefore(kind, index, found, model, message, session)
                else { continue }
                draft.kind = kind
                draft.code = code(of: rule, message)
                draft.isTest = kind == .test
                draft.heldBit = rule.heldBit
                body(draft, kind == rule.kind ? rule.text : nil)
                isTold = true
            }
        }
        guard model.isHolding || !isTold else { return }
        checkIn(message, model, found, in: session, body)
    }

    /// Makers give out the same ids: a sensor is told from another one by its model as well.
    private static func draft(of message: Message) -> EventDraft {
        var draft = EventDraft(.checkIn, address: message.id)
        draft.scope = message.model
        return draft
    }

    /// Two members that say the same are one event.
    private static func isToldBefore(
        _ kind: EventKind, _ index: Int, _ found: UInt32, _ model: Model, _ message: Message,
        _ session: RTL433Session
    ) -> Bool {
        for earlier in 0..<index where found >> UInt32(earlier) & 1 == 1 {
            if session.kind(of: model.rules[earlier], message) == kind { return true }
        }
        return false
    }

    /// The state that a line tells, behind its alarms.
    private static func checkIn(
        _ message: Message, _ model: Model, _ found: UInt32, in session: RTL433Session,
        _ body: borrowing EventBody
    ) {
        var draft = draft(of: message)
        var text: String?
        var held: UInt32 = 0
        for index in model.rules.indices.reversed() where found >> UInt32(index) & 1 == 1 {
            let rule = model.rules[index]
            if let bit = rule.heldBit { held |= 1 << UInt32(bit) }
            if session.kind(of: rule, message).isTelemetry {
                draft.code = code(of: rule, message)
                text = rule.kind.isTelemetry ? rule.text : nil
            }
        }
        if model.isHolding { draft.heldConditions = held }
        body(draft, text)
    }

    /// Of a model that is not in the table. A line that neither is of a learned device nor says
    /// that something is wrong is a sign of life of the receiver alone: the neighbourhood is full
    /// of weather stations.
    private static func strangeEvents(
        of message: Message, in session: inout RTL433Session, _ body: borrowing EventBody
    ) {
        var draft = EventDraft(.checkIn)
        draft.code = message.model
        let learned = message.id.isEmpty ? nil : session.devices[message.id]
        guard let kind = learned ?? (isAlarming(message) ? .unknown : nil) else {
            return body(draft, message.model.isEmpty ? "receiver" : nil)
        }
        draft.address = message.id
        draft.scope = message.model
        if session.isCopy(message) { return body(draft, "copy") }
        draft.kind = kind
        body(draft, nil)
    }

    @inline(__always)
    static func modelIndex(of message: Message) -> Int? {
        models.firstIndex { model in
            guard model.name == message.model else { return false }
            switch model.condition {
            case nil: return true
            case .idStarts(let digit)?: return !message.id.isEmpty && message.id[0] == digit
            case .has(let key, let value)?: return message.fields[key] == value
            }
        }
    }

    /// A bit for each rule that counts.
    private static func matches(_ message: Message, _ model: Model) -> UInt32 {
        var found: UInt32 = 0
        var decided: UInt64 = 0
        var isCall = false
        for index in model.rules.indices {
            let rule = model.rules[index]
            let key = UInt64(1) << UInt64(rule.key.rawValue)
            guard decided & key == 0, !(isCall && rule.test == .noCall),
                let value = message.fields[rule.key], passes(value, rule.test)
            else { continue }
            decided |= key
            found |= 1 << UInt32(index)
            isCall = isCall || rule.isCall
        }
        return found
    }

    static func passes(_ value: ShortText, _ test: Test) -> Bool {
        switch test {
        case .any, .noCall: return true
        case .text(let text): return value == text
        case .isSet: return value == "true" || value.isNumberBesideZero
        case .isLow: return isLow(value)
        case .number(let number, let mask):
            return value.whole.number(radix: 10).map { $0 & mask == number } ?? false
        case .hex(let number, let mask):
            return value.number(radix: 16).map { $0 & mask == number } ?? false
        }
    }

    /// `0`, `0.050`, `false`; a level goes from 0 to 1.
    private static func isLow(_ value: ShortText) -> Bool {
        if value == "false" { return true }
        guard value.count > 0, value[0] == UInt8(ascii: "0") else { return false }
        guard value.count > 2 else { return value.count == 1 }
        return value[1] == UInt8(ascii: ".") && value[2] <= UInt8(ascii: "0")
            || value == "0.100" || value == "0.1"
    }

    /// Of a choice the value, of a member that is set or not its name.
    private static func code(of rule: Rule, _ message: Message) -> ShortText? {
        switch rule.test {
        case .isSet, .isLow: rule.key.name
        default: isSwitch(rule.key) ? rule.key.name : message.fields[rule.key]
        }
    }

    private static func isSwitch(_ key: Key) -> Bool {
        key.rawValue >= Key.switch1.rawValue && key.rawValue <= Key.switch5.rawValue
    }

    private static func isAlarming(_ message: Message) -> Bool {
        for index in 0..<message.fields.count {
            let (key, value) = (message.fields.key(at: index), message.fields.value(at: index))
            if alarmingKeys.contains(key), passes(value, .isSet) { return true }
            for word in alarmingWords where value.contains(capitals: word) { return true }
        }
        return false
    }
}

extension ShortText {
    /// A decimal such as `1`, `0.5`, `-1` or `1e0` that is not zero.
    var isNumberBesideZero: Bool {
        var isZero = true
        var hasPoint = false
        for index in 0..<count {
            switch self[index] {
            case UInt8(ascii: "1")...UInt8(ascii: "9"): isZero = false
            case UInt8(ascii: "0"): continue
            case UInt8(ascii: "-") where index == 0, UInt8(ascii: "+") where index == 0: continue
            case UInt8(ascii: ".") where !hasPoint: hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): return index > 0 && !isZero
            default: return false
            }
        }
        return !isZero
    }

    /// Without `.0` behind it, as some programs print whole numbers.
    var whole: ShortText {
        var end = count
        while end > 0, self[end - 1] == UInt8(ascii: "0") { end -= 1 }
        guard end > 1, end < count, self[end - 1] == UInt8(ascii: ".") else { return self }
        var whole = ShortText()
        for index in 0..<end - 1 { whole.append(self[index]) }
        return whole
    }

    /// All of it as a number; nil when it is none.
    func number(radix: UInt32) -> UInt32? {
        guard count > 0, count <= 8 else { return nil }
        var value: UInt32 = 0
        for index in 0..<count {
            guard let digit = hexValue(self[index]), digit < radix else { return nil }
            value = value &* radix &+ UInt32(digit)
        }
        return value
    }

    /// True when `word` is in it, in small letters or capitals.
    ///
    /// - Parameter word: capital letters.
    func contains(capitals word: ShortText) -> Bool {
        guard word.count <= count else { return false }
        for start in 0...count - word.count {
            var length = 0
            while length < word.count, self[start + length] & ~0x20 == word[length] { length += 1 }
            if length == word.count { return true }
        }
        return false
    }
}

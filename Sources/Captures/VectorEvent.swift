import AlarmModel

/// An event draft as the rest of an `event` line: its kind, then the keys that say something.
///
///     sos device=013912345678 reported=2026-11-21T09:25:58Z lat=39.916527 lon=116.397128 valid
///
/// | key | field | written as |
/// |---|---|---|
/// | `device` `scope` | address, and within what it was given out | value |
/// | `restored` `test` `late` | the flag is set | the bare word |
/// | `reported` | device's own time | RFC 3339 |
/// | `lat` `lon` | position, both or neither | degrees, up to 7 decimals, north and east positive |
/// | `valid` | the device had a fix | the bare word, only with `lat` and `lon`, as all below |
/// | `fixed` | time of the fix | RFC 3339 |
/// | `accuracy` `altitude` | | metres, up to 2 decimals |
/// | `speed` | | metres per second, up to 3 decimals |
/// | `course` | | degrees from north, up to 2 decimals |
/// | `code` | alarm code of the wire | value |
/// | `partition` `zone` | | number |
/// | `fence` | | value |
/// | `battery` `signal` | percent | number |
/// | `serial` | device's message number | number |
/// | `text` | | value |
/// | `held` | bit of a condition that is repeated while it lasts | number, 0 for the lowest |
/// | `holding` | all such bits of the message | `0x` and hex digits |
///
/// A key that is left out means nil or false. Keys may be typed in any order, ``describe(_:)``
/// writes them in the order above. A value with a blank, a quote, a backslash, a control character
/// or anything outside ASCII stands in quotes, with `\"` `\\` `\n` `\r` `\t` and `\xHH` (one byte).
///
/// Every draft with times of the years 1 to 9999 has one text, which parses to it again, so two
/// drafts are equal to every field when their texts are equal.
public enum VectorEvent {
    /// `draft` in the one way it is written.
    public static func describe(_ draft: WordedDraft) -> String {
        let fields = EventFields(draft)
        let words = Key.all.compactMap { key in
            key.write(fields).map { key.isFlag ? key.name : "\(key.name)=\($0)" }
        }
        return ([draft.kind.rawValue] + words).joined(separator: " ")
    }

    /// Reads what ``describe(_:)`` writes.
    public static func parse(_ text: String) throws(VectorProblems) -> WordedDraft {
        var line = VectorLine(Array(text.utf8))
        var errors: [VectorLineError] = []
        let draft = parse(&line, errors: &errors)
        guard let draft, errors.isEmpty else {
            throw VectorProblems(errors.map { line.problem($0, file: "event", line: 1) })
        }
        return draft
    }

    /// Reads the rest of `line`; nil, with the reasons added, when something is wrong with it.
    static func parse(
        _ line: inout VectorLine, errors: inout [VectorLineError]
    ) -> WordedDraft? {
        _ = line.isAtEnd()
        let start = line.offset
        let name = line.word()
        guard let kind = EventKind(rawValue: name) else {
            let kinds = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            errors.append(
                VectorLineError(
                    offset: start, message: "\"\(name)\" is no kind of event; there are \(kinds)"))
            return nil
        }
        var fields = EventFields(WordedDraft(EventDraft(kind)))
        var seen: Set<String> = []
        while !line.isAtEnd() {
            let start = line.offset
            do throws(VectorLineError) {
                let key = try parsePair(&line, into: &fields)
                guard seen.insert(key).inserted else {
                    throw VectorLineError(offset: start, message: "\(key) is given twice")
                }
            } catch {
                errors.append(error)
                line.skipToBlank()
            }
        }
        do throws(VectorLineError) {
            return try fields.draft(lineStart: start, seen: seen)
        } catch {
            errors.append(error)
            return nil
        }
    }

    /// Reads one `key`, or `key=value`, and returns the key.
    private static func parsePair(
        _ line: inout VectorLine, into fields: inout EventFields
    ) throws(VectorLineError) -> String {
        let start = line.offset
        let name = line.word(upTo: UInt8(ascii: "="))
        guard let key = Key.all.first(where: { $0.name == name }) else {
            let names = Key.all.map(\.name).joined(separator: " ")
            throw VectorLineError(
                offset: start, message: "\"\(name)\" is no key of an event; there are \(names)")
        }
        let hasValue = line.skip("=")
        guard hasValue != key.isFlag else {
            let message =
                key.isFlag ? "\(name) stands alone, without a value" : "\(name) needs a value"
            throw VectorLineError(offset: start, message: message)
        }
        let valueStart = line.offset
        let value = hasValue ? try line.value() : []
        guard key.read(value, &fields) else {
            throw VectorLineError(offset: valueStart, message: "\(name) is \(key.form)")
        }
        return name
    }
}

/// A draft with its position taken apart, so that every key of a line has one place.
struct EventFields {
    var base: WordedDraft
    var latitudeE7: Int32?
    var longitudeE7: Int32?
    var isValid = false
    var fixedAt: WallTime?
    var accuracyCentimeters: Int32?
    var altitudeCentimeters: Int32?
    var speedMillimetersPerSecond: Int32?
    var courseCentidegrees: Int32?

    init(_ draft: WordedDraft) {
        base = draft
        guard let position = draft.position else { return }
        latitudeE7 = position.latitudeE7
        longitudeE7 = position.longitudeE7
        isValid = position.isValid
        fixedAt = position.fixedAt
        accuracyCentimeters = position.accuracyCentimeters
        altitudeCentimeters = position.altitudeCentimeters
        speedMillimetersPerSecond = position.speedMillimetersPerSecond
        courseCentidegrees = position.courseCentidegrees
    }

    /// Puts the draft together again.
    ///
    /// - Parameter seen: the keys that the line has.
    func draft(lineStart: Int, seen: Set<String>) throws(VectorLineError) -> WordedDraft {
        var draft = base
        if let latitudeE7, let longitudeE7 {
            draft.position = Position(
                latitudeE7: latitudeE7, longitudeE7: longitudeE7, isValid: isValid,
                fixedAt: fixedAt, accuracyCentimeters: accuracyCentimeters,
                altitudeCentimeters: altitudeCentimeters,
                speedMillimetersPerSecond: speedMillimetersPerSecond,
                courseCentidegrees: courseCentidegrees)
        } else if let key = VectorEvent.Key.ofPosition.first(where: seen.contains) {
            throw VectorLineError(
                offset: lineStart, message: "\(key) is part of a position, which needs lat and lon")
        }
        return draft
    }
}

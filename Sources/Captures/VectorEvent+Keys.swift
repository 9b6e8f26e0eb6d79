import AlarmModel

extension VectorEvent {
    /// One key of an event line: how its field is written and read.
    struct Key: Sendable {
        var name: String
        var isFlag = false
        /// What a value has to be, for a person who typed another.
        var form: String
        /// Nil when the field says nothing.
        var write: @Sendable (EventFields) -> String?
        /// False when the value is not of the form.
        var read: @Sendable ([UInt8], inout EventFields) -> Bool

        /// In the order in which they are written.
        static let all: [Key] = [
            .shortText("device", \.base.address),
            .shortText("scope", \.base.scope),
            .flag("restored", \.base.isRestored),
            .flag("test", \.base.isTest),
            .flag("late", \.base.isLate),
            .time("reported", \.base.reportedAt),
            .decimal("lat", \.latitudeE7, decimals: 7),
            .decimal("lon", \.longitudeE7, decimals: 7),
            .flag("valid", \.isValid),
            .time("fixed", \.fixedAt),
            .decimal("accuracy", \.accuracyCentimeters, decimals: 2),
            .decimal("altitude", \.altitudeCentimeters, decimals: 2),
            .decimal("speed", \.speedMillimetersPerSecond, decimals: 3),
            .decimal("course", \.courseCentidegrees, decimals: 2),
            .shortText("code", \.base.code),
            .number("partition", \.base.partition),
            .number("zone", \.base.zone),
            .shortText("fence", \.base.fence),
            .number("battery", \.base.batteryPercent),
            .number("signal", \.base.signalPercent),
            .number("serial", \.base.deviceSerial),
            .text("text", \.base.text),
            .number("held", \.base.heldBit),
            .mask("holding", \.base.heldConditions),
        ]

        /// The keys that mean nothing without a position.
        static let ofPosition = [
            "lat", "lon", "valid", "fixed", "accuracy", "altitude", "speed", "course",
        ]
    }
}

private typealias Field<Value> = any WritableKeyPath<EventFields, Value> & Sendable

extension VectorEvent.Key {
    private static func flag(_ name: String, _ field: Field<Bool>) -> Self {
        Self(
            name: name, isFlag: true, form: "a word without a value",
            write: { $0[keyPath: field] ? "" : nil },
            read: { _, fields in
                fields[keyPath: field] = true
                return true
            })
    }

    private static func text(_ name: String, _ field: Field<String?>) -> Self {
        optional(
            name, field, form: "text in UTF-8", write: { VectorText.value(Array($0.utf8)) },
            read: { String(validating: $0, as: UTF8.self) })
    }

    private static func shortText(_ name: String, _ field: Field<ShortText?>) -> Self {
        optional(
            name, field, form: "text of at most \(ShortText.capacity) bytes",
            write: { text in VectorText.value((0..<text.count).map { text[$0] }) },
            read: { bytes in
                var text = ShortText()
                return bytes.allSatisfy { text.append($0) } ? text : nil
            })
    }

    private static func time(_ name: String, _ field: Field<WallTime?>) -> Self {
        optional(
            name, field, form: "a time such as 2026-11-21T09:25:58Z", write: { $0.rfc3339 },
            read: { WallTime(rfc3339: String(decoding: $0, as: UTF8.self)) })
    }

    private static func decimal(
        _ name: String, _ field: Field<Int32?>, decimals: Int
    ) -> Self {
        optional(
            name, field, form: "a number with at most \(decimals) decimals",
            write: { fixedPointText(Int64($0), decimals: decimals) },
            read: { bytes in
                fixedPoint(String(decoding: bytes, as: UTF8.self), decimals: decimals)
                    .flatMap { Int32(exactly: $0) }
            })
    }

    private static func number<Number: FixedWidthInteger & UnsignedInteger & Sendable>(
        _ name: String, _ field: Field<Number?>
    ) -> Self {
        optional(
            name, field, form: "a number from 0 to \(Number.max)", write: { String($0) },
            read: { bytes in
                fixedPoint(String(decoding: bytes, as: UTF8.self), decimals: 0)
                    .flatMap { Number(exactly: $0) }
            })
    }

    private static func mask(_ name: String, _ field: Field<UInt32?>) -> Self {
        optional(
            name, field, form: "0x and up to eight hexadecimal digits",
            write: { "0x" + String($0, radix: 16) },
            read: { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                guard text.hasPrefix("0x"), bytes.dropFirst(2).allSatisfy({ hexValue($0) != nil })
                else { return nil }
                return UInt32(text.dropFirst(2), radix: 16)
            })
    }

    private static func optional<Value>(
        _ name: String, _ field: Field<Value?>, form: String,
        write: @escaping @Sendable (Value) -> String,
        read: @escaping @Sendable ([UInt8]) -> Value?
    ) -> Self {
        Self(
            name: name, form: form, write: { $0[keyPath: field].map(write) },
            read: { bytes, fields in
                guard let value = read(bytes) else { return false }
                fields[keyPath: field] = value
                return true
            })
    }
}

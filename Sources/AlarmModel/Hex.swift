/// `bytes` as lower-case hexadecimal: `7e0200`, or with a space between two bytes: `7e 02 00`.
public func hexText(_ bytes: [UInt8], spaced: Bool = false) -> String {
    guard spaced else { return String(room: bytes.count * 2) { $0.append(hex: bytes.span) } }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 3)
    for byte in bytes {
        if !text.isEmpty { text.append(UInt8(ascii: " ")) }
        text.append(hexDigit(byte >> 4))
        text.append(hexDigit(byte))
    }
    return String(decoding: text, as: UTF8.self)
}

/// Reads hexadecimal digits, upper or lower case, two to a byte. Blanks may stand between bytes.
public func bytes(hex text: some StringProtocol) throws(HexError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 2)
    var firstDigit: UInt8?
    var column = 0
    // Scalars, not characters: a carriage return and a line feed would be one character.
    for scalar in text.unicodeScalars {
        column += 1
        switch (UInt8(exactly: scalar.value).flatMap(hexValue), firstDigit) {
        case (let high?, nil): firstDigit = high
        case (let low?, let high?):
            bytes.append(high << 4 | low)
            firstDigit = nil
        case (nil, nil) where scalar == " " || scalar == "\t": continue
        case (nil, _?) where scalar == " " || scalar == "\t":
            throw HexError(column: column, reason: .halfByte)
        case (nil, _): throw HexError(column: column, reason: .notADigit(scalar))
        }
    }
    guard firstDigit == nil else { throw HexError(column: column + 1, reason: .halfByte) }
    return bytes
}

/// The value of one hexadecimal digit, upper or lower case; nil for anything else.
public func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Why a text is not hexadecimal, and where.
public struct HexError: Error, Equatable, CustomStringConvertible {
    public enum Reason: Equatable, Sendable, CustomStringConvertible {
        /// A byte has one digit only.
        case halfByte
        case notADigit(Unicode.Scalar)

        public var description: String {
            switch self {
            case .halfByte: "a byte has two hexadecimal digits, here is one"
            case .notADigit(let scalar):
                "\(String(scalar).debugDescription) is not a hexadecimal digit"
            }
        }
    }

    /// Counted in characters of the text, 1 for the first.
    public var column: Int
    public var reason: Reason

    public var description: String { "column \(column): \(reason)" }
}

/// What a device or a person wrote, as a terminal, a journal or a page may show it: nothing in it
/// moves the cursor, clears the screen, begins a line of its own or turns the direction of writing.
/// What could is shown by its number: `\u{1b}`.
public func plainText(_ text: some StringProtocol) -> String {
    replacing(text, where: { !$0.isPlain }, by: { "\\u{\(String($0.value, radix: 16))}" })
}

/// The same for JSON that is printed as it is, and still the same JSON: in its texts any character
/// may be written by its number. Line ends stand between values only, and stay.
public func plainJSON(_ json: some StringProtocol) -> String {
    replacing(json, where: { $0 != "\n" && !$0.isPlain }) { scalar in
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}

private func replacing(
    _ text: some StringProtocol, where isWrong: (Unicode.Scalar) -> Bool,
    by replacement: (Unicode.Scalar) -> String
) -> String {
    // Nearly all that is shown is printable ASCII.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(text) }
    var plain = ""
    for scalar in text.unicodeScalars {
        if isWrong(scalar) {
            plain += replacement(scalar)
        } else {
            plain.unicodeScalars.append(scalar)
        }
    }
    return plain
}

extension Unicode.Scalar {
    /// It is one mark on the screen, and nothing else.
    fileprivate var isPlain: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            false
        default: true
        }
    }
}

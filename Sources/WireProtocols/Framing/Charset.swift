/// How a wire of text writes letters: the `charset` option of a port.
///
/// Most are national variants of ISO 646: seven bits, with a country's letters in the place of some
/// punctuation. Control characters become blanks in all of them: what an operator reads has none.
struct Charset: Sendable {
    /// What stands in the place of ASCII, by the name that the option takes.
    static let variants: [(name: String, letters: [(UInt8, Unicode.Scalar)])] = [
        ("utf8", []), ("latin1", []),
        ("gb", pairs("#£")),
        ("de", pairs("@§[Ä\\Ö]Ü{ä|ö}ü~ß")),
        ("dk", pairs("[Æ\\Ø]Å{æ|ø}å")),
        ("se", pairs("$¤[Ä\\Ö]Å{ä|ö}å")),
        ("fr", pairs("#£@à[°\\ç]§`µ{é|ù}è~¨")),
        ("it", pairs("#£@§[°\\ç]é`ù{à|ò}è~ì")),
        ("es", pairs("#£@§[¡\\Ñ]¿{°|ñ}ç")),
    ]

    /// What each byte means by itself.
    private let scalars: [Unicode.Scalar]
    /// Printable ASCII means what it says.
    private let keepsASCII: Bool
    private let readsUTF8: Bool

    /// The `charset` option; without one, UTF-8, and Latin-1 where bytes are no UTF-8.
    init(options: ProtocolOptions) throws(OptionProblem) {
        let name = options.values["charset"] ?? "utf8"
        guard let variant = Self.variants.first(where: { $0.name == name }) else {
            let known = Self.variants.map(\.name).joined(separator: ", ")
            throw OptionProblem(
                key: "charset", message: "'\(name)' is no character set; known are \(known)")
        }
        var scalars = (0...UInt8.max).map { Unicode.Scalar($0) }
        for index in scalars.indices where scalars[index].isControl { scalars[index] = " " }
        for (byte, scalar) in variant.letters { scalars[Int(byte)] = scalar }
        keepsASCII = variant.letters.isEmpty
        self.scalars = scalars
        readsUTF8 = name == "utf8"
    }

    /// The words that a text means; nil when there are none.
    @inline(__always)
    func words(of text: WireText) -> String? {
        if text.isEmpty { return nil }
        return text.isPlain && keepsASCII ? text.string : mapped(text.bytes.span)
    }

    private func mapped(_ bytes: Span<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        if readsUTF8, let whole = Self.utf8Text(bytes) {
            text.append(contentsOf: whole.unicodeScalars.lazy.map { $0.isControl ? " " : $0 })
        } else {
            for index in bytes.indices { text.append(scalars[Int(bytes[index])]) }
        }
        return String(text)
    }

    private static func utf8Text(_ bytes: Span<UInt8>) -> String? {
        guard let utf8 = try? UTF8Span(validating: bytes) else { return nil }
        return String(copying: utf8)
    }

    /// `"#£"` is: `#` means `£`.
    private static func pairs(_ text: String) -> [(UInt8, Unicode.Scalar)] {
        let scalars = Array(text.unicodeScalars)
        return stride(from: 0, to: scalars.count - 1, by: 2).map { index in
            (UInt8(truncatingIfNeeded: scalars[index].value), scalars[index + 1])
        }
    }
}

extension Unicode.Scalar {
    /// C0, DEL or C1.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }
}

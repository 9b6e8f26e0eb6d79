import AlarmModel

/// A message that is not read field by field.
struct WatchContent {
    let bytes: [UInt8]
    let keyword: String
    /// How many bytes the keyword has.
    private let keywordCount: Int

    /// Bytes of a content that are shown to a person.
    static let shownMax = 200

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        keywordCount = bytes.firstIndex(of: Watch.Mark.comma) ?? bytes.count
        keyword = String(decoding: bytes[..<keywordCount], as: UTF8.self)
    }

    /// Nil for a keyword that nobody described.
    var meaning: Watch.Other? {
        guard var meaning = Watch.others[keyword.uppercased()] else { return nil }
        if isAnswerToVoice { meaning = Watch.Other(kind: .checkIn) }
        return meaning
    }

    /// A watch that was sent speech says 0 or 1, and nothing else.
    private var isAnswerToVoice: Bool {
        keyword.hasPrefix("TK") && !keyword.hasPrefix("TKQ") && bytes.count <= keywordCount + 2
    }

    /// What a person may want to read of it.
    var text: String? {
        guard let meaning else { return shown }
        if meaning.kind == .serviceRequest { return voiceText }
        return meaning.isShown ? shown : nil
    }

    /// `JXTK,0,name,part,of,...`
    private var voiceText: String {
        let fields = bytes.prefix(Self.shownMax)
            .split(separator: Watch.Mark.comma, maxSplits: 5, omittingEmptySubsequences: false)
        guard keyword == "JXTK", fields.count == 6,
            let part = Int(String(decoding: fields[3], as: UTF8.self)),
            let count = Int(String(decoding: fields[4], as: UTF8.self))
        else { return "voice message" }
        return "voice message, part \(part) of \(count)"
    }

    /// The content without its escapes. What is not UTF-8 shows as U+FFFD.
    private var shown: String? {
        guard !bytes.isEmpty else { return nil }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes.prefix(Self.shownMax) {
            if isEscaped, let original = Self.escaped(byte) {
                plain[plain.count - 1] = original
                isEscaped = false
            } else {
                plain.append(byte)
                isEscaped = byte == UInt8(ascii: "}")
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// What a byte behind `}` stands for.
    private static func escaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 1: UInt8(ascii: "}")
        case 2: Watch.Mark.open
        case 3: Watch.Mark.close
        case 4: Watch.Mark.comma
        case 5: Watch.Mark.star
        default: nil
        }
    }
}

extension Watch.Message {
    /// What the watch is answered; nil for nothing.
    @inline(__always)
    var answer: ShortText? {
        switch body {
        case .report(let report):
            report.isAlarm ? Watch.Keyword.text(Watch.Keyword.alarm) : nil
        case .linkKeep: Watch.Keyword.text(Watch.Keyword.linkKeep)
        case .other(let bytes): WatchContent(bytes).meaning?.answer
        }
    }
}

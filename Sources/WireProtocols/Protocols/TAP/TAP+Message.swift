import AlarmModel

extension TAP {
    public enum Message: Equatable, Sendable {
        /// Somebody is there.
        case wake
        case login(Login)
        case block(Block)
        case end
    }

    public struct Login: Equatable, Sendable {
        /// Of service and terminal, `1` for automatic dispatch of pages.
        public let type: UInt8
        /// At most 16 characters; empty for none.
        public let password: ShortText

        /// Nil when the password is too long, or something is no printable ASCII.
        public init?(type: UInt8 = UInt8(ascii: "1"), password: ShortText = "") {
            guard type > 0x20, type < 0x7F, password.count <= Field.passwordLengthMax
            else { return nil }
            for index in 0..<password.count {
                guard password[index] > 0x20, password[index] < 0x7F else { return nil }
            }
            self.type = type
            self.password = password
        }
    }

    /// A block of a page, or all of it.
    public struct Block: Equatable, Sendable {
        public enum Ending: Sendable {
            /// The page ends with this block.
            case page
            /// Another block follows, which begins a field.
            case field
            /// Another block follows, which goes on with the field.
            case part
        }

        /// What stands before the first CR: the pager, in the first block of a page. Nil when
        /// that is longer than any id or there is no CR.
        public let id: ShortText?
        /// What is behind it, without the CR at its end; control characters as SUB and a letter.
        public let text: WireText
        let isClosed: Bool
        public let ending: Ending

        /// A page to `id`. Nil when the id is long or not printable ASCII, or all is longer than a
        /// block.
        public init?(id: ShortText, text: WireText) {
            guard id.count + text.bytes.count + 2 <= WireText.capacity else { return nil }
            for index in 0..<id.count {
                guard id[index] >= 0x20, id[index] < 0x7F else { return nil }
            }
            self.id = id
            self.text = text
            isClosed = true
            ending = .page
        }

        init(_ content: Span<UInt8>, ending: Ending) {
            self.init(content.indices, of: content, ending: ending)
        }

        /// - Parameter content: what is between STX and end.
        @inline(__always)
        init(_ content: Range<Int>, of frame: Span<UInt8>, ending: Ending) {
            let isReturn = { (word: UInt64) in word.marks(of: Mark.carriageReturn) }
            var (start, end) = (content.lowerBound, content.upperBound)
            if let idEnd = frame.firstIndex(in: content, where: isReturn),
                let id = frame.wordText(start..<idEnd)
            {
                self.id = id
                start = idEnd + 1
            } else {
                id = nil
            }
            isClosed = start < end && frame[end - 1] == Mark.carriageReturn
            if isClosed { end -= 1 }
            text = WireText(start..<end, of: frame)
            self.ending = ending
        }

        /// As they came: fields with a CR behind each.
        var content: [UInt8] {
            var bytes: [UInt8] = []
            if let id {
                bytes.append(id)
                bytes.append(Mark.carriageReturn)
            }
            bytes += text.bytes
            if isClosed { bytes.append(Mark.carriageReturn) }
            return bytes
        }
    }
}

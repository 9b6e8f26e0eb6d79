import AlarmModel

extension ESPA444 {
    public enum Message: Equatable, Sendable {
        case block(Block)
        case link(Link)
    }

    /// What governs the line.
    public enum Link: Equatable, Sendable {
        /// The station with this address is polled or selected.
        case enquiry(UInt8)
        case end
        case acknowledged
        /// For the reason that the digit in front of NAK stands for, if there is one.
        case refused(UInt8?)
    }

    /// What one station tells another.
    public struct Block: Equatable, Sendable {
        public let head: Head
        public let text: WireText

        /// All of a block but its words.
        public struct Head: Equatable, Sendable {
            /// A digit: 1 call to a pager, 2 status information, 3 status request, 4 call to a
            /// subscriber line, 5 other.
            public internal(set) var header: UInt8
            /// Of the pager, or of the place that calls; without the blanks around it.
            public internal(set) var address: ShortText?
            /// Numbers above 254, and what is no number, are 255.
            public internal(set) var numbers = Numbers()
        }

        /// The records that hold a number.
        public struct Numbers: Equatable, Sendable {
            /// 1 cancelled, 2 speech, 3 standard.
            public var callType: UInt8?
            /// 1 alarm, 2 high, 3 normal.
            public var priority: UInt8?
            public var beepCoding: UInt8?
            public var transmissions: UInt8?
            public var callStatus: UInt8?
            public var systemStatus: UInt8?

            public init(callType: UInt8? = nil, priority: UInt8? = nil) {
                self.callType = callType
                self.priority = priority
            }
        }

        /// Nil when the header is no digit, or something in the address is not printable ASCII.
        public init?(
            header: UInt8 = 1, address: ShortText?, text: WireText, numbers: Numbers = Numbers()
        ) {
            guard header < 10 else { return nil }
            if let address {
                for index in 0..<address.count {
                    guard address[index] > 0x20, address[index] < 0x7F else { return nil }
                }
            }
            head = Head(header: header, address: address, numbers: numbers)
            self.text = text
        }

        init(_ head: Head, text: WireText) {
            self.head = head
            self.text = text
        }
    }

    /// What a record is of.
    enum RecordID {
        static let callAddress: UInt8 = 1
        static let displayMessage: UInt8 = 2
        static let beepCoding: UInt8 = 3
        static let callType: UInt8 = 4
        static let transmissions: UInt8 = 5
        static let priority: UInt8 = 6
        static let callStatus: UInt8 = 7
        static let systemStatus: UInt8 = 8
    }
}

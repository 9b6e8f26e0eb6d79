import AlarmModel

extension ESP3 {
    public enum Message: Equatable, Sendable {
        case telegram(Telegram)
        /// Anything else. It costs an allocation, and is no press.
        case packet(Packet)
    }

    /// A telegram with one byte of data: of a push button (RPS) or a contact (1BS).
    public struct Telegram: Equatable, Sendable {
        public enum Profile: Equatable, Sendable {
            case rocker, contact
        }

        public var profile: Profile
        public var data: UInt8
        public var sender: UInt32
        public var status: UInt8
        public var reception: Reception?

        public init(
            _ profile: Profile, data: UInt8, sender: UInt32, status: UInt8,
            reception: Reception? = nil
        ) {
            self.profile = profile
            self.data = data
            self.sender = sender
            self.status = status
            self.reception = reception
        }
    }

    /// How the stick heard a telegram: its optional data.
    public struct Reception: Equatable, Sendable {
        public var subTelegrams: UInt8
        /// All ones for everybody.
        public var destination: UInt32
        /// The best of the sub-telegrams, without its minus sign. 255 where nothing was measured.
        public var decibelMilliwatts: UInt8
        public var security: UInt8

        public init(
            subTelegrams: UInt8 = 1, destination: UInt32 = .max, decibelMilliwatts: UInt8,
            security: UInt8 = 0
        ) {
            self.subTelegrams = subTelegrams
            self.destination = destination
            self.decibelMilliwatts = decibelMilliwatts
            self.security = security
        }

        /// 0 at -95 dBm, where reception ends, 100 from -45 dBm on.
        @inline(__always)
        var signalPercent: UInt8? {
            guard decibelMilliwatts != .max else { return nil }
            let margin = 95 - Int(decibelMilliwatts)
            return UInt8(max(0, min(100, margin * 2)))
        }
    }

    public struct Packet: Equatable, Sendable {
        public var type: UInt8
        /// At least one byte; with the optional data at most what ``ESP3/scan(_:searched:)`` takes.
        public var data: [UInt8]
        public var optional: [UInt8]

        public init(type: UInt8, data: [UInt8], optional: [UInt8] = []) {
            self.type = type
            self.data = data
            self.optional = optional
        }

        /// Who sent it, where it is a radio telegram: the four bytes before the status.
        var sender: UInt32? {
            guard type == PacketType.radio, data.count >= Field.telegramLength else { return nil }
            return data.span.uint32(at: data.count - 5)
        }
    }

    /// Offsets and lengths in a frame with a telegram of one data byte.
    private enum Field {
        /// RORG, data, sender and status, in eight bytes with one that is not its own.
        static let telegram = 6
        static let telegramLength = 7
        static let optional = telegram + telegramLength
        static let optionalLength = 7
        /// Sub-telegrams, destination, signal and security begin one earlier than eight bytes end.
        static let optionalWord = optional - 1
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard frame.count > Header.length else { throw .truncated }
        let dataLength = Int(frame.uint16(at: Header.dataLength))
        let optionalLength = Int(frame[Header.optionalLength])
        guard frame.count == Header.length + dataLength + optionalLength + 1 else {
            throw .truncated
        }
        guard frame[Header.type] == PacketType.radio else {
            return .packet(packet(in: frame, dataLength))
        }
        guard dataLength >= Field.telegramLength else { throw .truncated }
        let profile: Telegram.Profile
        switch frame[Field.telegram] {
        case RORG.rocker: profile = .rocker
        case RORG.contact: profile = .contact
        default: return .packet(packet(in: frame, dataLength))
        }
        guard dataLength == Field.telegramLength else { throw .badField }
        let word = frame.uint64(at: Field.telegram)
        var telegram = Telegram(
            profile, data: UInt8(truncatingIfNeeded: word >> 48),
            sender: UInt32(truncatingIfNeeded: word >> 16),
            status: UInt8(truncatingIfNeeded: word >> 8))
        if optionalLength == Field.optionalLength {
            let word = frame.uint64(at: Field.optionalWord)
            telegram.reception = Reception(
                subTelegrams: UInt8(truncatingIfNeeded: word >> 48),
                destination: UInt32(truncatingIfNeeded: word >> 16),
                decibelMilliwatts: UInt8(truncatingIfNeeded: word >> 8),
                security: UInt8(truncatingIfNeeded: word))
        }
        return .telegram(telegram)
    }

    private static func packet(in frame: Span<UInt8>, _ dataLength: Int) -> Packet {
        let data = Header.length..<Header.length + dataLength
        return Packet(
            type: frame[Header.type], data: frame.extracting(data).array(),
            optional: frame.extracting(data.upperBound..<frame.count - 1).array())
    }
}

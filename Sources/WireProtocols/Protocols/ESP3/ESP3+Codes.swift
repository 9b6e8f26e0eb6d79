import AlarmModel

extension ESP3 {
    enum PacketType {
        static let radio: UInt8 = 0x01
        static let response: UInt8 = 0x02
        static let subTelegram: UInt8 = 0x03
        static let event: UInt8 = 0x04
        static let command: UInt8 = 0x05
        static let remoteManagement: UInt8 = 0x07
        static let message: UInt8 = 0x09
        static let radio2: UInt8 = 0x0A
        static let radio802: UInt8 = 0x10
    }

    /// What kind of radio telegram, its first byte.
    enum RORG {
        static let rocker: UInt8 = 0xF6
        static let contact: UInt8 = 0xD5
    }

    /// What a packet is that holds no telegram of a button or contact, by its type: one that can
    /// carry a press in a form which is not read here must not pass for a sign of life.
    static func kind(ofPacket type: UInt8) -> EventKind {
        switch type {
        case PacketType.subTelegram, PacketType.message, PacketType.radio2, PacketType.radio802:
            .unknown
        default: .checkIn
        }
    }

    /// First data byte of a response: 0 is done, all others are reasons why not.
    static let responseOK: UInt8 = 0

    /// First data byte of an event of the stick.
    enum StickEvent {
        /// The answers to sensors that ask for one, which a station has none of.
        static let smartAcknowledge: ClosedRange<UInt8> = 1...3
        static let ready: UInt8 = 4
    }

    /// The command that asks for version and name, number 3.
    static let readVersion = Packet(type: PacketType.command, data: [3])

    /// A button, by the three bits of its code. Rockers have the first four; I is the lower half of
    /// a rocker, O the upper.
    public struct Button: Hashable, Sendable {
        /// 0...7.
        public let code: UInt8

        /// - Parameter code: bits above the third do not count.
        @inline(__always)
        init(code: UInt8) { self.code = code & 7 }

        /// Nil when there is no button of that name.
        init?(name: some StringProtocol) {
            guard let index = Self.names.firstIndex(where: { $0 == name }) else { return nil }
            code = UInt8(index)
        }

        public var name: String { Self.names[Int(code)] }

        /// By code.
        static let names = ["AI", "AO", "BI", "BO", "CI", "CO", "DI", "DO"]
    }

    /// What somebody did to a rocker pad.
    enum RockerAction: Equatable {
        case pressed(Button, Button?)
        /// Three or four buttons at once, or the energy bow alone: which is not told.
        case pressedSomehow
        case released
        /// What no button sends: a window handle, say.
        case undefined

        /// - Parameters:
        ///   - data: bits 7-5 first button or count, 4 pressed, 3-1 second button, 0 it is valid.
        ///   - status: see ``ESP3/Status``.
        @inline(__always)
        init(data: UInt8, status: UInt8) {
            let isPress = data & 0x10 != 0
            let first = data >> 5
            if status & Status.oneOrTwoButtons != 0 {
                let second = data & 1 != 0 ? Button(code: data >> 1) : nil
                self = isPress ? .pressed(Button(code: first), second) : .released
            } else if status & Status.rockerPad != 0, first != 0, first != 3 {
                self = .undefined
            } else {
                self = isPress ? .pressedSomehow : .released
            }
        }
    }

    /// The last byte of a telegram, without bits 7-6, which rockers do not use.
    enum Status {
        /// T21: a module of the second type. The first counts buttons differently.
        static let rockerPad: UInt8 = 0x20
        /// NU: the data names buttons. Otherwise it counts them.
        static let oneOrTwoButtons: UInt8 = 0x10
        /// How many repeaters a telegram came through.
        static let hops: UInt8 = 0x0F
    }

    enum ContactBit {
        static let closed: UInt8 = 0x01
        /// Clear in a telegram that was sent by the learn button.
        static let isData: UInt8 = 0x08
    }
}

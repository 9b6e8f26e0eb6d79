import AlarmModel

extension RTL433 {
    /// Most calls as a device of X10 or a detector sends them, alone or with a low battery.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let isLow = kinds.contains(.batteryLow)
        let others = kinds.filter { $0 != .batteryLow }
        guard others.count <= 1 else { return nil }
        guard let kind = others.first else { return isLow ? x10(device, code: 0x85) : nil }
        let low: UInt8 = isLow ? 1 : 0
        switch kind {
        case .sos: return x10(device, code: 0x26 | low)
        case .unknown: return x10(device, code: 0x60 | low)
        case .tamper: return x10(device, code: 0x44 | low)
        case .checkIn: return x10(device, code: 0x84 | low)
        case .fire: return cavius(device, message: 32, isLow)
        case .flood: return cavius(device, message: 16, isLow)
        case .test: return cavius(device, message: 64, isLow)
        case .serviceRequest: return cavius(device, message: 128, isLow)
        case .smoke:
            let id = ShortText("2" + String(decoding: digits(of: device, count: 5), as: UTF8.self))
            return Message(
                "Interlogix-Security", id: id,
                Fields([
                    .subtype: "smoke", .batteryOK: isLow ? "0" : "1", .switch1: "OPEN",
                    .switch2: "CLOSED", .switch3: "CLOSED", .switch4: "CLOSED",
                    .switch5: "CLOSED",
                ]))
        default: return nil
        }
    }

    /// As rtl_433 prints it: battery and tamper only where something is wrong.
    private static func x10(_ device: UInt32, code: UInt8) -> Message {
        var fields = Fields([.code: ShortText(hex: code)])
        if code & 0x01 != 0 { fields.append(.batteryOK, "0") }
        if code & 0xFA == 0x40 { fields.append(.tamper, "1") }
        return Message("X10-Security", id: ShortText(hex: device & 0xFFFF, digits: 4), fields)
    }

    private static func cavius(_ device: UInt32, message: UInt32, _ isLow: Bool) -> Message {
        Message(
            "Cavius-Security", id: ShortText(decimal: device),
            Fields([.batteryOK: isLow ? "0" : "1", .message: ShortText(decimal: message)]))
    }

    private static func digits(of value: UInt32, count: Int) -> [UInt8] {
        (0..<count).map {
            hexDigit(UInt8(truncatingIfNeeded: value >> UInt32(4 * (count - 1 - $0))))
        }
    }
}

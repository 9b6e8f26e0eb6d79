import AlarmModel

extension JTT808 {
    /// The number by which a terminal names itself: 6 bytes of BCD until 2013, 10 since 2019,
    /// usually a telephone number with zeros in front.
    public struct TerminalNumber: Hashable, Sendable {
        /// The first two bytes of ten; nil for a number of six.
        public var high: UInt16?
        /// The last eight bytes of ten, or all six.
        public var low: UInt64

        @inline(__always)
        public init(high: UInt16? = nil, low: UInt64) {
            self.high = high
            self.low = high == nil ? low & 0xFFFF_FFFF_FFFF : low
        }

        /// All digits with the zeros in front, 12 or 20.
        ///
        /// Six bytes that are not BCD are read as some makers write them: an IMEI without its check
        /// digit as a binary number. What is neither stands for itself in hexadecimal.
        @inline(__always)
        public var address: ShortText {
            guard high == nil, low.isPackedDecimal else { return unusualAddress }
            return Self.hexText(low)
        }

        private var unusualAddress: ShortText {
            guard let high else { return low < 100_000_000_000_000 ? imei : Self.hexText(low) }
            let front = UInt32(high) << 16 | UInt32(truncatingIfNeeded: low >> 48)
            let middle = UInt32(truncatingIfNeeded: low >> 16)
            var text = ShortText(littleEndian: front.hexText, middle.hexText, count: 16)
            for shift: UInt64 in stride(from: 12, through: 0, by: -4) {
                text.append(hexDigit(UInt8(truncatingIfNeeded: low >> shift)))
            }
            return text
        }

        /// The lower six bytes in twelve digits.
        @inline(__always)
        private static func hexText(_ number: UInt64) -> ShortText {
            ShortText(
                littleEndian: UInt32(truncatingIfNeeded: number >> 16).hexText,
                UInt32(truncatingIfNeeded: number << 16).hexText, count: 12)
        }

        /// Fourteen digits and the Luhn digit, for which every second one, the last first, is
        /// doubled.
        private var imei: ShortText {
            var text = ShortText()
            var sum = 0
            var divisor: UInt64 = 10_000_000_000_000
            var isDoubled = false
            while divisor > 0 {
                let digit = Int(low / divisor % 10)
                text.append(UInt8(ascii: "0") + UInt8(digit))
                let weighted = isDoubled ? digit * 2 : digit
                sum += weighted / 10 + weighted % 10
                isDoubled.toggle()
                divisor /= 10
            }
            text.append(UInt8(ascii: "0") + UInt8((10 - sum % 10) % 10))
            return text
        }
    }
}

extension UInt32 {
    /// The eight hexadecimal digits, the first in the lowest byte: all of them at once.
    @inline(__always)
    var hexText: UInt64 {
        var nibbles = UInt64(self)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Adding 6 carries into bit 4 of each nibble that is a letter.
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let toLetter = UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
        return (nibbles + 0x3030_3030_3030_3030 + letters * toLetter).byteSwapped
    }
}

extension UInt64 {
    /// No nibble is above 9: adding 6 would carry out of such a one.
    @inline(__always)
    var isPackedDecimal: Bool {
        let lower = self & 0x0F0F_0F0F_0F0F_0F0F
        let upper = self >> 4 & 0x0F0F_0F0F_0F0F_0F0F
        let six: UInt64 = 0x0606_0606_0606_0606
        return ((lower + six) | (upper + six)) & 0x1010_1010_1010_1010 == 0
    }
}

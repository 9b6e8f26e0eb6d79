import AlarmModel

extension ShortText {
    /// The lowest `digits` hexadecimal digits of `value`, small letters, zeros in front.
    ///
    /// - Parameter digits: 1...8.
    @inline(__always)
    init(hex value: UInt32, digits: Int) {
        // One nibble to a byte, the lowest in the lowest; then all eight are made digits at once.
        var nibbles = UInt64(value)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let text = nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
        let unused = UInt64(truncatingIfNeeded: 64 &- digits &* 8)
        self.init(littleEndian: text.byteSwapped &>> unused, count: digits)
    }

    /// The two digits of one byte.
    @inline(__always)
    init(hex byte: UInt8) { self.init(hex: UInt32(byte), digits: 2) }
}

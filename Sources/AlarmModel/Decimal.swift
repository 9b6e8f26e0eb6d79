/// A whole number of 10^-`decimals` units as an exact decimal, never through floating point.
///
/// Trailing zeros are left out, one digit behind the point is kept, so that a reader sees that the
/// number is not a count: 399_165_270 with 7 decimals is `39.916527`, 4_500 with 2 is `45.0`. With
/// no decimals there is no point.
///
/// - Parameter decimals: 0...18, digits behind the point that `value` has.
public func fixedPointText(_ value: Int64, decimals: Int) -> String {
    String(room: 24) { $0.append(value, decimals: decimals) }
}

/// Reads what ``fixedPointText(_:decimals:)`` writes, and any other plain decimal: `45`, `-0.5`,
/// `45.000`.
///
/// Nil for anything else: no digit before or behind the point, an exponent, a plus sign, a value
/// outside `Int64`, or more digits than `decimals` can hold unless they are zero.
///
/// - Parameter decimals: 0...18.
public func fixedPoint(_ text: some StringProtocol, decimals: Int) -> Int64? {
    precondition((0...18).contains(decimals), "an Int64 has no more than 18 whole decimals")
    var digits = Array(text.utf8)[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits.removeFirst() }
    let parts = digits.split(
        separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return nil }
    let fraction = parts.count == 2 ? parts[1] : []
    guard fraction.dropFirst(decimals).allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
    let padding = String(repeating: "0", count: max(0, decimals - fraction.count))
    let whole = String(decoding: parts[0] + fraction.prefix(decimals), as: UTF8.self) + padding
    return Int64(isNegative ? "-" + whole : whole)
}

/// - Parameter exponent: 0...19. Those that the records have, of points and of degrees, are
///   constants, so that dividing by them is multiplying.
@inlinable
func powerOfTen(_ exponent: Int) -> UInt64 {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1_000
    case 7: 10_000_000
    default: (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

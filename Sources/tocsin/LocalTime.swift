import AlarmModel
import Foundation

/// A time of the desk's JSON as the clock on this wall shows it, with the date and how far it is
/// ahead of UTC: `2026-11-21 17:26:00+08:00`. Any other text is given back.
func localTime(_ text: String) -> String {
    guard let time = WallTime(rfc3339: text) else { return text }
    return localTime(time)
}

func localTime(_ time: WallTime) -> String {
    var seconds = time_t(time.microseconds / 1_000_000)
    var local = unsafe tm()
    let isKnown = unsafe localtime_r(&seconds, &local) != nil
    let offset = unsafe isKnown ? local.tm_gmtoff / 60 : 0
    let whole = WallTime(microseconds: (Int64(seconds) + Int64(offset) * 60) * 1_000_000)
    let text = whole.rfc3339
    let (hours, minutes) = (abs(offset) / 60, abs(offset) % 60)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))\(offset < 0 ? "-" : "+")"
        + "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
}

/// Now, for what is said beside the records.
func localTime() -> String {
    localTime(WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)))
}

/// Ids of alerts as people type them: as little of the beginning as names one, like a commit in
/// git. An id begins with the time at which its alert was opened.
enum ShortID {
    /// The time alone, to the millisecond. Less could name an alert that is opened a minute later.
    static let timeCount = 13
    /// The time, and what tells alerts apart that one message has opened.
    static let count = 18

    /// Of each of `ids` as much as no other begins with, in the same order.
    static func of(_ ids: [String]) -> [String] {
        let sorted = ids.sorted()
        var lengths: [String: Int] = [:]
        for (index, id) in sorted.enumerated() {
            let before = index > 0 ? common(sorted[index - 1], id) : 0
            let behind = index + 1 < sorted.count ? common(sorted[index + 1], id) : 0
            lengths[id] = max(timeCount, max(before, behind) + 1)
        }
        return ids.map { String($0.prefix(lengths[$0] ?? timeCount)) }
    }

    /// Characters that both begin with.
    private static func common(_ a: String, _ b: String) -> Int {
        zip(a, b).prefix { $0 == $1 }.count
    }
}

/// Where the others are not known.
func shortID(_ id: String) -> String { String(id.prefix(ShortID.count)) }

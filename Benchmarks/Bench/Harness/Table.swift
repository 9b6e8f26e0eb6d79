/// A measured value with its unit.
struct Figure {
    /// In the unit of `text`, at its full precision.
    var value: Double
    var text: String
    /// Time, memory, calls: the less the better.
    var isCost: Bool

    static func frames(_ count: Int, bytes: Int, in seconds: Double) -> Figure {
        let frames = Double(count) / seconds
        let gigabytes = Double(bytes) / seconds / 1e9
        let text = "\(decimal(frames / 1e6, 2)) Mframes/s \(decimal(gigabytes, 3)) GB/s"
        return Figure(value: frames, text: text, isCost: false)
    }

    static func rate(_ perSecond: Double, of what: String) -> Figure {
        Figure(value: perSecond, text: "\(decimal(perSecond, 0)) \(what)/s", isCost: false)
    }

    static func time(_ seconds: Double) -> Figure {
        Figure(value: seconds, text: "\(decimal(seconds * 1e3, 2)) ms", isCost: true)
    }

    static func cost(_ value: Double, _ unit: String, decimals: Int) -> Figure {
        Figure(value: value, text: "\(decimal(value, decimals)) \(unit)", isCost: true)
    }
}

/// One line of the table.
struct Row {
    enum Goal {
        case none
        /// At least this good, measured by the baseline.
        case ratio(Double)
        /// At most this, whatever the baseline is.
        case most(Double)
        /// At most so many seconds more than the baseline.
        case secondsAbove(Double)
        case zero
    }

    var what: String
    var ours: Figure
    var baseline: Figure
    /// What the baseline is.
    var against: String
    var goal = Goal.none

    /// How many times as good as the baseline: 1 is as good, more is better.
    var ratio: Double { ours.isCost ? baseline.value / ours.value : ours.value / baseline.value }

    var isMet: Bool? {
        switch goal {
        case .none: nil
        case .ratio(let least): ratio >= least
        case .most(let most): ours.value <= most
        case .secondsAbove(let most): ours.value <= baseline.value + most
        case .zero: ours.value == 0
        }
    }

    fileprivate var cells: [String] {
        let goalText =
            switch goal {
            case .none: "-"
            case .ratio(let least): "≥ \(decimal(least, 1))"
            case .most(let most): "≤ \(decimal(most, 1))"
            case .secondsAbove(let most): "+\(decimal(most * 1e3, 0)) ms"
            case .zero: "0"
            }
        return [
            "  " + what, ours.text, baseline.text, against,
            ratio.isFinite ? decimal(ratio, 2) : "-", goalText,
            isMet.map { $0 ? "yes" : "NO" } ?? "-",
        ]
    }
}

/// The table as text. It is printed part by part, while it is measured, so its columns are as wide
/// as the widest that there is.
enum Table {
    private static let widths = [46, 29, 29, 44, 6, 6, 3]

    static let header = line([
        "what", "ours", "baseline", "what the baseline is", "ratio", "goal", "met",
    ])

    static let footer = """

        ratio: how many times as good as the baseline, 1 is as good. Figures of a shared machine \
        differ from run to run;
        ratios do less.
        """

    static func section(_ title: String, _ rows: [Row]) -> String {
        (["", title] + rows.map { line($0.cells) }).joined(separator: "\n")
    }

    private static func line(_ cells: [String]) -> String {
        var text = ""
        for (cell, width) in zip(cells, widths) {
            text += cell + String(repeating: " ", count: max(0, width - cell.count) + 1)
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// `value` with `places` digits behind the point.
func decimal(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let digits = String(Int((value.magnitude * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 ? "-" : ""
    return places == 0
        ? sign + padded : "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
}

/// What is counted or measured under one name, as Prometheus scrapes it.
public struct MetricFamily: Equatable, Sendable {
    public enum Kind: String, Sendable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
    }

    public struct Sample: Equatable, Sendable {
        /// In the order in which they are shown.
        public var labels: [Label]
        public var value: Double

        public init(_ value: Double, labels: [Label] = []) {
            self.value = value
            self.labels = labels
        }
    }

    public struct Label: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Letters, digits and underscores; ends with `_total` when it is a counter, and else with
    /// its unit: `tocsin_commit_seconds`.
    public var name: String
    public var help: String
    public var kind: Kind
    public var samples: [Sample]

    public init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }
}

/// The families in the text exposition format 0.0.4 of Prometheus.
func prometheusText(_ families: [MetricFamily]) -> String {
    var text = ""
    for family in families {
        text += "# HELP \(family.name) \(escaped(family.help, quoted: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for sample in family.samples {
            let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quoted: true))\"" }
            let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            text += "\(family.name)\(list) \(decimal(sample.value))\n"
        }
    }
    return text
}

/// A backslash and a line feed are escaped everywhere, a quotation mark in label values only.
private func escaped(_ text: String, quoted: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where quoted: escaped += "\\\""
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}

/// A count without the `.0` that it would have as a floating-point number.
private func decimal(_ value: Double) -> String {
    Int64(exactly: value).map { String($0) } ?? String(value)
}

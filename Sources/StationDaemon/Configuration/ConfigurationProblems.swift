/// All mistakes of one configuration file, in the order of the file.
public struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
    /// One mistake: where it is, what is wrong, and what would be right.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        public var file: String
        /// 1 for the first.
        public var line: Int
        /// In Unicode scalars, 1 for the first.
        public var column: Int
        public var message: String
        public var remedy: String
        /// It works and is unwise.
        public var isWarning: Bool

        public init(
            file: String, line: Int, column: Int, message: String, remedy: String,
            isWarning: Bool = false
        ) {
            self.file = file
            self.line = line
            self.column = column
            self.message = message
            self.remedy = remedy
            self.isWarning = isWarning
        }

        /// `tocsin.yaml:12:9: what is wrong; what would be right`, and of what works and is unwise
        /// `tocsin.yaml:12:9: warning: what it does; what would be wise`.
        public var description: String {
            "\(file):\(line):\(column): \(isWarning ? "warning: " : "")\(message); \(remedy)"
        }
    }

    /// At least one, at most ``AlarmModel/Limits/configurationProblemsMax``.
    public var problems: [Problem]

    public init(_ problems: [Problem]) { self.problems = problems }

    /// One problem a line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

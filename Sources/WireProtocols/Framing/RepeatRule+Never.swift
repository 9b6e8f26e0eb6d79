extension RepeatRule {
    /// Nothing is ever a resend: the sender does not wait for an answer, so equal bytes are another
    /// press. For links of one way, and those whose session tells copies itself.
    public static let never = RepeatRule.resentByTimeout(
        afterMilliseconds: 0, untilMilliseconds: 0, most: 0)
}

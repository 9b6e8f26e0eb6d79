import AlarmModel

/// The alerts that no person has ended: which event opens one, which joins.
struct AlertBoard {
    private var byKey: [Alert.Key: Alert] = [:]
    private var keys: [UUIDv7: Alert.Key] = [:]

    init(_ ongoing: [Alert]) {
        for alert in ongoing { keep(alert) }
    }

    var count: Int { byKey.count }

    /// What the event does to the board: the alert as it is then, or nil when it touches none.
    ///
    /// A new press on an alert that somebody has taken raises it again: it must not be hidden
    /// behind the first.
    mutating func take(_ event: Event) -> Alert? {
        let key = Alert.Key(of: event)
        guard var alert = byKey[key] else {
            guard event.priority < .information, !event.draft.isRestored else { return nil }
            let opened = Alert(openedBy: event)
            keep(opened)
            return opened
        }
        alert.eventCount += 1
        alert.changedAt = event.received.wall
        alert.isRestored = event.draft.isRestored
        if !event.draft.isRestored {
            alert.state = .open
            alert.priority = min(alert.priority, event.priority)
        }
        byKey[key] = alert
        return alert
    }

    /// A resend of an event that is stored already: counted and shown, no second alert.
    mutating func countRepeat(_ key: Alert.Key, at now: WallTime) -> Alert? {
        guard var alert = byKey[key] else { return nil }
        alert.repeatCount += 1
        alert.changedAt = now
        byKey[key] = alert
        return alert
    }

    /// A person's word. Nil when no ongoing alert has this id.
    mutating func apply(_ command: AlertCommand, to id: UUIDv7, at now: WallTime) -> Alert? {
        guard let key = keys[id], var alert = byKey[key] else { return nil }
        alert.changedAt = now
        switch command {
        case .acknowledge:
            alert.state = .acknowledged
            byKey[key] = alert
        case .resolve:
            alert.state = .resolved
            byKey.removeValue(forKey: key)
            keys.removeValue(forKey: id)
        }
        return alert
    }

    /// Beyond the bound an alert is stored and shown like any other; only later events of its
    /// origin open one more instead of joining.
    private mutating func keep(_ alert: Alert) {
        guard byKey.count < Limits.ongoingAlertsMax else { return }
        byKey[alert.key] = alert
        keys[alert.id] = alert.key
    }
}

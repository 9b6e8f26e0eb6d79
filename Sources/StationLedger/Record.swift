import AlarmModel

/// GRDB has a class of this name, which nothing here uses.
public typealias Record = AlarmModel.Record

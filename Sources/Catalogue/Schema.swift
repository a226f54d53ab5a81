import GRDB

/// The tables, and how an older catalogue becomes a current one.
///
///     root ──────── file ──────▶ recording ◀────── product ──────▶ model
///                  (path)        (id, facts)   (rows in the index)
///                                    ▲
///                                    └──────────── landmarks ────▶ landmarkStore
///                                              (record in the store)
///
/// - `file.path` is a BLOB, because a path is bytes. SQLite compares BLOBs bytewise, so everything
///   below a directory is one range of the unique index: `path > 'dir/' AND path < 'dir0'`, `0`
///   being the byte after `/`.
/// - `file.state` is `pending`, `analysed`, `failed` or `skipped`. Whether the file's root is away is
///   a separate flag, so that a file comes back as what it was.
/// - `file.container` and `file.codec` are the file's own: copies of one recording may differ in them.
/// - A file that waits for a new analysis keeps its old recording until the new one is known.
/// - `fileSystem` holds what was last seen at a root (`path` = `root`) or at a mount below one, so that
///   an unmounted disk is recognised at the next start. `real` is the path with links resolved.
/// - `recording.key` is never reused (AUTOINCREMENT): an index that still holds a deleted recording's
///   rows can never show them as another's.
/// - `product` names the rows of one recording in the two index files of one model: first row, count
///   and CRC32C of each. It is `WITHOUT ROWID`, clustered by model, because a start reads one model's
///   rows in one go.
/// - `landmarks` names the record of one recording in the store of one version of the fingerprint's
///   parameters: first byte, length and CRC32C. `landmarkStore` has the generation of each store.
///
/// A migration that has been released is never edited; a new one follows it.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      try db.execute(
        sql: """
          CREATE TABLE setting (
            name TEXT PRIMARY KEY NOT NULL,
            value TEXT NOT NULL
          ) WITHOUT ROWID;

          CREATE TABLE fileSystem (
            path BLOB PRIMARY KEY NOT NULL,
            root BLOB NOT NULL,
            real BLOB NOT NULL,
            identity TEXT NOT NULL
          ) WITHOUT ROWID;

          CREATE TABLE model (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            info TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('active', 'incoming', 'kept')),
            generation INTEGER NOT NULL DEFAULT 1
          );
          CREATE UNIQUE INDEX model_active ON model(role) WHERE role = 'active';
          CREATE UNIQUE INDEX model_incoming ON model(role) WHERE role = 'incoming';

          CREATE TABLE recording (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            duration REAL NOT NULL,
            facts TEXT NOT NULL,
            decoder TEXT NOT NULL,
            added REAL NOT NULL,
            orphaned REAL
          );
          CREATE INDEX recording_orphaned ON recording(orphaned) WHERE orphaned IS NOT NULL;

          CREATE TABLE file (
            key INTEGER PRIMARY KEY,
            path BLOB NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            device INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'analysed', 'failed', 'skipped')),
            isOffline INTEGER NOT NULL DEFAULT 0,
            priority INTEGER NOT NULL DEFAULT 0,
            recording INTEGER REFERENCES recording(key),
            decoder TEXT,
            title TEXT, artist TEXT, album TEXT, track TEXT, date TEXT,
            failureCode TEXT, failureMessage TEXT,
            failureCount INTEGER NOT NULL DEFAULT 0,
            retryAt REAL,
            added REAL NOT NULL
          );
          CREATE INDEX file_recording ON file(recording) WHERE recording IS NOT NULL;
          CREATE INDEX file_inode ON file(inode);
          CREATE INDEX file_size ON file(size);
          CREATE INDEX file_state ON file(state, isOffline, priority DESC, key);
          CREATE INDEX file_retry ON file(retryAt) WHERE retryAt IS NOT NULL;

          CREATE TABLE product (
            model INTEGER NOT NULL REFERENCES model(key),
            recording INTEGER NOT NULL REFERENCES recording(key) ON DELETE CASCADE,
            precision TEXT NOT NULL,
            isShort INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            pooledFirst INTEGER NOT NULL,
            pooledChecksum INTEGER NOT NULL,
            segmentsFirst INTEGER NOT NULL,
            segmentsCount INTEGER NOT NULL,
            segmentsChecksum INTEGER NOT NULL,
            PRIMARY KEY (model, recording)
          ) WITHOUT ROWID;
          CREATE INDEX product_recording ON product(recording);
          """)
    }
    migrator.registerMigration("2") { db in
      try db.execute(
        sql: """
          CREATE TABLE landmarkStore (
            version INTEGER PRIMARY KEY,
            generation INTEGER NOT NULL
          );

          CREATE TABLE landmarks (
            version INTEGER NOT NULL,
            recording INTEGER NOT NULL REFERENCES recording(key) ON DELETE CASCADE,
            generation INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            length INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (version, recording)
          ) WITHOUT ROWID;
          CREATE INDEX landmarks_recording ON landmarks(recording);
          """)
    }
    migrator.registerMigration("3") { db in
      // Of copies only one brought the facts that the recording has; the others' are not known.
      try db.execute(
        sql: """
          ALTER TABLE file ADD COLUMN container TEXT;
          ALTER TABLE file ADD COLUMN codec TEXT;
          UPDATE file SET
            container = (SELECT json_extract(facts, '$.container') FROM recording WHERE key = file.recording),
            codec = (SELECT json_extract(facts, '$.codec') FROM recording WHERE key = file.recording)
          WHERE recording IN (
            SELECT recording FROM file WHERE recording IS NOT NULL
            GROUP BY recording HAVING count(*) = 1);
          """)
    }
    migrator.registerMigration("4") { db in
      // What a start and a filter read of every file or recording lies in an index, side by side.
      try db.execute(
        sql: """
          DROP INDEX file_recording;
          CREATE INDEX file_recording ON file(recording, isOffline) WHERE recording IS NOT NULL;
          CREATE INDEX recording_duration ON recording(duration);
          """)
    }
    return migrator
  }
}

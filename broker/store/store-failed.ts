/** How the store says no, whichever database it stands on. */

/** The store cannot work: the thread died, was closed, or the disk refuses. */
export class StoreFailed extends Error {
  override readonly name: string = "StoreFailed";
}

/**
 * The database does not answer for now. What was asked did not happen, and is not tried again
 * behind the caller's back.
 */
export class StoreAway extends StoreFailed {
  override readonly name = "StoreAway";
}

/** Another process has it open. */
export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
  /** Where the database is, in a person's words; `folder`: in the data folder. */
  readonly place: string;
  constructor(message: string, place = "folder") {
    super(message);
    this.place = place;
  }
}

/** A row with this key exists already. */
export class UniqueViolation extends Error {
  override readonly name = "UniqueViolation";
}

/** As it is set up it cannot be used; the message says what to do, and nothing was changed. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}

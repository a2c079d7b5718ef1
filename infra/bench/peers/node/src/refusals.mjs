/** Why a request is not granted. */

/** Nobody knows who asks. The gateway makes a 401 of this text; the cause is for the log. */
export class Unauthorized extends Error {
  constructor(cause) {
    super('Unauthorized', { cause });
    this.name = 'Unauthorized';
  }
}

/** It is known who asks, and they may not. */
export class Denied extends Error {
  constructor(code, reason, caller) {
    super(reason);
    Object.assign(this, { code, caller });
  }
}

/** It could not be decided, which is never a grant. */
export class Undecided extends Error {
  constructor(cause) {
    super('Undecided', { cause });
    this.name = 'Undecided';
  }
}

/** What the page of the browser proof loads: the client, where the proof can reach it. */
import * as core from '@vivarium/core';

Object.assign(globalThis, { core });

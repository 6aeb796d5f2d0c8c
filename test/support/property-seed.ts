/**
 * Property tests draw the same examples in every run, so that a test that passed for one commit
 * passes for it everywhere. `FC_SEED=random` draws others (and prints the seed), `FC_SEED=42` those
 * of that seed.
 */
import fc from 'fast-check';

const { FC_SEED: given = '1' } = process.env;
const seed = given === 'random' ? Math.floor(Math.random() * 0x7fffffff) : Number(given);
if (!Number.isInteger(seed)) throw new RangeError(`FC_SEED=${given} is no number`);
if (given === 'random') console.log(`FC_SEED=${seed}`);
fc.configureGlobal({ seed });

/** The one door to the sentences that depend on a state or on a code. Fixed labels stand in the pages themselves. */
export * from './decisions';
export * from './exchange';
export * from './format';
export * from './others';
export * from './outcomes';
export * from './prices';

/** Where berthd may die between two things that it does to the image store; what is so then is in src/supervisor/steps.ts. */
export type StoreFaultPoint =
  'store: image stored' | 'store: name written' | 'store: name moved' | 'store: image deleted';

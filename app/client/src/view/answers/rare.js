// The controls few forms ask for, in one file: fetched when one does, and stored with the app like everything else.
export { default as FileAnswer } from './FileAnswer.vue';
export { default as FormMedia } from './FormMedia.vue';
export { default as RangeAnswer } from './RangeAnswer.vue';
export { default as RankAnswer } from './RankAnswer.vue';
export { default as TimeAnswer } from './TimeAnswer.vue';
export { default as TriggerAnswer } from './TriggerAnswer.vue';

// What the Unity kit uses of Unity, in our own words and just enough to compile and run it. This is no Unity:
// it shows that names, arguments and types fit our reading of Unity's manual, and what the kit computes.
using System;
using System.Collections.Generic;
using System.Reflection;

namespace UnityEngine
{
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string menuName) { }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string tooltip) { }
    }

    public struct Vector3
    {
        public float x, y, z;

        public Vector3(float x, float y, float z) { this.x = x; this.y = y; this.z = z; }
    }

    public struct Quaternion
    {
        public float x, y, z, w;

        public Quaternion(float x, float y, float z, float w) { this.x = x; this.y = y; this.z = z; this.w = w; }

        public static Quaternion identity { get { return new Quaternion(0f, 0f, 0f, 1f); } }

        public static Quaternion Inverse(Quaternion q) { return new Quaternion(-q.x, -q.y, -q.z, q.w); }

        public static Quaternion operator *(Quaternion a, Quaternion b)
        {
            return new Quaternion(
                a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
                a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
                a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z);
        }

        public static Vector3 operator *(Quaternion q, Vector3 v)
        {
            Quaternion turned = q * new Quaternion(v.x, v.y, v.z, 0f) * Inverse(q);
            return new Vector3(turned.x, turned.y, turned.z);
        }
    }

    public class Object
    {
        public string name = "";

        public static T Instantiate<T>(T original) where T : Object { return original; }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }
        public Transform transform { get { return gameObject.transform; } }

        public T[] GetComponents<T>() { return gameObject.Of<T>(false); }

        public T[] GetComponentsInChildren<T>() { return gameObject.Of<T>(true); }
    }

    public class Behaviour : Component
    {
        public bool enabled = true;
    }

    public class MonoBehaviour : Behaviour
    {
    }

    public class Transform : Component
    {
        internal readonly List<Transform> Children = new List<Transform>();
        private Transform parent;

        public Vector3 localPosition;
        public Quaternion localRotation = Quaternion.identity;

        public Quaternion rotation
        {
            get { return parent == null ? localRotation : parent.rotation * localRotation; }
        }

        public void SetParent(Transform parent, bool worldPositionStays)
        {
            if (worldPositionStays) throw new NotSupportedException("the kit never asks for it");
            this.parent = parent;
            parent.Children.Add(this);
        }
    }

    public enum PrimitiveType { Cube }

    public sealed class GameObject : Object
    {
        private readonly List<Component> components = new List<Component>();

        public GameObject(string name)
        {
            this.name = name;
            transform = new Transform { gameObject = this };
        }

        public Transform transform { get; private set; }

        public static GameObject CreatePrimitive(PrimitiveType type) { return new GameObject(type.ToString()); }

        public T AddComponent<T>() where T : Component, new()
        {
            var made = new T { gameObject = this };
            components.Add(made);
            Call(made, "OnEnable");
            return made;
        }

        internal T[] Of<T>(bool below)
        {
            var found = new List<T>();
            foreach (Component each in components) if (each is T) found.Add((T)(object)each);
            if (below) foreach (Transform child in transform.Children) found.AddRange(child.gameObject.Of<T>(true));
            return found.ToArray();
        }

        /// <summary>Calls a message that Unity finds by its name.</summary>
        public static void Call(Component component, string message)
        {
            const BindingFlags Any = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
            for (Type type = component.GetType(); type != typeof(object); type = type.BaseType)
            {
                MethodInfo found = type.GetMethod(message, Any | BindingFlags.DeclaredOnly);
                if (found == null) continue;
                found.Invoke(component, null);
                return;
            }
        }
    }

    public class Renderer : Component
    {
    }

    public class Mesh : Object
    {
        public string[] Names = new string[0];

        public int blendShapeCount { get { return Names.Length; } }

        public string GetBlendShapeName(int shapeIndex) { return Names[shapeIndex]; }

        public int GetBlendShapeIndex(string blendShapeName) { return Array.IndexOf(Names, blendShapeName); }
    }

    public class SkinnedMeshRenderer : Renderer
    {
        public readonly Dictionary<int, float> Weights = new Dictionary<int, float>();

        public Mesh sharedMesh { get; set; }

        public void SetBlendShapeWeight(int index, float value)
        {
            if (index < 0 || index >= sharedMesh.blendShapeCount) throw new ArgumentOutOfRangeException("index");
            Weights[index] = value;
        }
    }

    public static class Application
    {
        public static bool runInBackground { get; set; }
    }

    public static class Debug
    {
        public static void LogWarning(object message, Object context) { Console.WriteLine("warning " + message); }
    }

    public sealed class GUILayoutOption
    {
    }

    public static class GUILayout
    {
        public static void Label(string text, params GUILayoutOption[] options) { Console.WriteLine("label " + text); }
    }
}
